package emulator

import (
	"fmt"
	"strings"
	"time"
)

// Audiences of Entra access tokens. Azure DevOps' is its application id
// (azure-devops-docs, service-principal-managed-identity.md); IoT Central's is
// its resource URI (azure-docs, howto-authorize-rest-api.md).
const (
	AzureDevOps = "499b84ac-1321-427f-aa17-267ca6975798"
	IoTCentral  = "https://apps.azureiotcentral.com"
)

// everyService is the audience of a token that both services take.
const everyService = "*"

// TokenOptions say which Entra access token [Server.Token] makes. The zero
// value is a user's token for Azure DevOps that may manage PATs for an hour.
type TokenOptions struct {
	App       bool          // an application's: idtyp=app and no scp
	Name      string        // user's e-mail or application's name or id; "" is the seed's first
	Scopes    string        // scp, space-separated; "" is "vso.pats vso.pats_manage", or what IoT Central takes
	Audience  string        // aud; "" is [AzureDevOps]
	Tenant    string        // tid; "" is the tenant of Name
	ExpiresIn time.Duration // 0 is an hour; negative is expired
	Forged    bool          // signed by somebody else
}

// Token makes an Entra access token without asking for any proof. For a Name
// that the seed does not know it makes up an id: a guest of nowhere.
func (s *Server) Token(o TokenOptions) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token(o)
}

func (s *Server) token(o TokenOptions) string {
	key := s.keys.entra
	if o.Forged {
		key = randomBytes(32)
	}
	return sign(key, s.st.forge(o, s.now()))
}

func (st *state) forge(o TokenOptions, now time.Time) claims {
	if o.Audience == "" {
		o.Audience = AzureDevOps
	}
	switch {
	case o.Scopes == "" && o.Audience == IoTCentral:
		o.Scopes = "user_impersonation"
	case o.Scopes == "":
		o.Scopes = "vso.pats vso.pats_manage"
	}
	if o.ExpiresIn == 0 {
		o.ExpiresIn = accessTokenLife
	}
	var c claims
	if o.App {
		t, app := st.application(o.Name)
		c = appClaims(t, app, o.Audience, now)
	} else {
		t, u := st.user(o.Name)
		c = userClaims(t, u, azureCLI, o.Audience, o.Scopes, now)
	}
	if o.Tenant != "" {
		c["tid"], c["iss"] = o.Tenant, issuerV1(o.Tenant)
	}
	c["exp"] = now.Add(o.ExpiresIn).Unix()
	c["nbf"] = min(now.Unix(), now.Add(o.ExpiresIn-time.Hour).Unix())
	return c
}

// accessTokenLife is about what Entra gives (60 to 90 minutes).
const accessTokenLife = time.Hour

// azureCLI is the well-known client id of the Azure CLI, a public client of
// Microsoft's that is in every tenant.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// issuerV1 is iss of access tokens of version 1.0, which Azure DevOps gets.
func issuerV1(tenant string) string { return "https://sts.windows.net/" + tenant + "/" }

// userClaims are those of a delegated token, as far as they matter to anybody.
func userClaims(t *tenant, u *user, client, audience, scopes string, now time.Time) claims {
	c := baseClaims(t.ID, u.ID, client, audience, now)
	if audience == everyService { // Entra has none of that kind; a trial then needs one token alone
		c["aud"] = []string{AzureDevOps, IoTCentral}
	}
	c["scp"] = scopes
	c["name"] = u.Name
	c["unique_name"] = u.Email
	c["upn"] = u.Email
	c["idtyp"] = "user"
	return c
}

// appClaims are those of an application's token: idtyp, and no scp.
func appClaims(t *tenant, app *application, audience string, now time.Time) claims {
	c := baseClaims(t.ID, app.ObjectID, app.ID, audience, now)
	c["idtyp"] = "app"
	c["app_displayname"] = app.Name
	return c
}

func baseClaims(tenant, object, client, audience string, now time.Time) claims {
	return claims{
		"aud": audience, "iss": issuerV1(tenant), "tid": tenant, "oid": object, "sub": object,
		"appid": client, "ver": "1.0", "uti": "FAKE-" + newGUID(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(accessTokenLife).Unix(),
	}
}

func fields(s string) []string { return strings.Fields(s) }

// ProjectJobToken is [Server.JobToken] for a job whose authorization scope is
// limited to its project: it runs as the project's build service, and other
// projects do not exist for it.
func (s *Server) ProjectJobToken(organization, project string, life time.Duration) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.st.findProject(organization, project)
	if err != nil {
		return "", err
	}
	if p.BuildService == "" {
		return "", fmt.Errorf("project %q has no build service in the seed", project)
	}
	as := *s.st.organization(organization)
	as.BuildService = p.BuildService
	return s.jobToken(&as, life), nil
}

// findProject is for tests and control requests, which want to know what is wrong.
func (st *state) findProject(organization, name string) (*project, error) {
	o := st.organization(organization)
	if o == nil {
		return nil, fmt.Errorf("organization %q is not in the seed", organization)
	}
	if p := o.project(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("project %q is not in the organization %q", name, organization)
}
