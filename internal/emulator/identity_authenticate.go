package emulator

import "time"

// doubt is why a credential of Azure DevOps was not believed.
type doubt int

const (
	believed      doubt = iota
	noCredential        // no Authorization header
	unreadable          // a header that says nothing
	notRecognized       // garbage, expired, for another audience, revoked
	patExpired          // a PAT of ours whose time is over
)

// jobTokenIssuer is iss of SYSTEM_ACCESSTOKEN (without a scheme), as decoded
// tokens in public issues show it.
const jobTokenIssuer = "app.vstoken.visualstudio.com"

// authenticate tells who calls Azure DevOps.
func (c *call) authenticate() (identity, doubt) {
	p := credentialOf(c.request)
	switch {
	case p.scheme == "":
		return identity{kinds: byNobody}, noCredential
	case p.broken || p.token == "":
		return identity{kinds: byNobody}, unreadable
	case p.stated != nil:
		return c.byJWT(p)
	case p.scheme == "basic":
		return c.byPATText(p.token)
	}
	return identity{kinds: byNobody}, notRecognized
}

func (c *call) byJWT(p presented) (identity, doubt) {
	if job, ok := p.signedBy(c.server.keys.job); ok && job.text("aud") == jobTokenAudience(c.org) {
		return c.byClaims(job, identity{kinds: byJob, id: job.text("nameid"), name: job.text("name")})
	}
	entra, ok := p.signedBy(c.server.keys.entra)
	if !ok || !entra.isFor(AzureDevOps) {
		return identity{kinds: byNobody}, notRecognized
	}
	return c.byClaims(entra, entraIdentity(entra))
}

func (c *call) byClaims(from claims, who identity) (identity, doubt) {
	if expired(from, c.now) {
		return identity{kinds: byNobody}, notRecognized
	}
	who.claims = from
	return who, believed
}

// entraIdentity reads who an Entra token is for; its signature is checked.
func entraIdentity(from claims) identity {
	who := identity{kinds: byUser, id: from.text("oid"), name: from.text("unique_name"), tenant: from.text("tid")}
	if isAppOnly(from) {
		who.kinds, who.name = byApp, from.text("appid")
		return who
	}
	who.scopes = fields(from.text("scp"))
	return who
}

func (c *call) byPATText(text string) (identity, doubt) {
	p := c.patsByText[text]
	if p == nil || p.revoked || !p.servesOrganization(c.org) {
		return identity{kinds: byNobody}, notRecognized
	}
	if !c.now.Before(p.validTo) {
		return identity{kinds: byNobody}, patExpired
	}
	return identity{kinds: byPAT, id: p.owner, name: c.nameOf(p.owner), scopes: fields(p.scope), pat: p}, believed
}

// expired says whether a JWT is outside its time. Its end is taken to the
// second: the few minutes that services allow would only slow tests down.
func expired(c claims, now time.Time) bool {
	return now.Before(c.instant("nbf").Add(-clockLeeway)) || !now.Before(c.instant("exp"))
}

// clockLeeway lets a token be used in the second that it is made in.
const clockLeeway = 5 * time.Second
