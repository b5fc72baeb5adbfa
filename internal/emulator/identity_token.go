package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Audiences of Entra access tokens: Azure DevOps' application id (azure-devops-docs,
// service-principal-managed-identity.md), and IoT Central's resource URI
// (azure-docs, howto-authorize-rest-api.md).
const (
	AzureDevOps = "499b84ac-1321-427f-aa17-267ca6975798"
	IoTCentral  = "https://apps.azureiotcentral.com"
)

// everyService is the audience of a token that both services accept.
const everyService = "*"

// TokenOptions describes the Entra access token that [Server.Token] creates. The
// zero value is a user's token for Azure DevOps that may manage PATs for an hour.
type TokenOptions struct {
	App       bool          // a token of an application: idtyp=app and no scp
	Name      string        // e-mail of the user, or name or id of the application; "" is the first of the seed
	Scopes    string        // scp, separated by spaces; "" is "vso.pats vso.pats_manage", or IoT Central's scope
	Audience  string        // aud; "" is [AzureDevOps]
	Tenant    string        // tid; "" is the tenant of Name
	ExpiresIn time.Duration // 0 is an hour; a negative value is expired
	Forged    bool          // signed with another key
}

// Token creates an Entra access token without authentication. For a Name that is not
// in the seed, it generates an id.
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

// accessTokenLife is roughly the lifetime of Entra's tokens (60 to 90 minutes).
const accessTokenLife = time.Hour

// azureCLI is the client id of the Azure CLI, a public client of Microsoft's that
// exists in every tenant.
const azureCLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"

// issuerV1 is the iss of access tokens of version 1.0, which Azure DevOps uses.
func issuerV1(tenant string) string { return "https://sts.windows.net/" + tenant + "/" }

// userClaims returns the claims of a delegated token that clients or services use.
func userClaims(t *tenant, u *user, client, audience, scopes string, now time.Time) claims {
	c := baseClaims(t.ID, u.ID, client, audience, now)
	if audience == everyService { // Entra has no such token; it makes trials simpler
		c["aud"] = []string{AzureDevOps, IoTCentral}
	}
	c["scp"] = scopes
	c["name"] = u.Name
	c["unique_name"] = u.Email
	c["upn"] = u.Email
	c["idtyp"] = "user"
	return c
}

// appClaims returns the claims of an application's token, with idtyp and without
// scp.
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
// limited to its project. The job runs as the project's build service and cannot see
// other projects.
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

// findProject returns a project for tests and control requests, or an error that
// says what does not exist.
func (st *state) findProject(organization, name string) (*project, error) {
	o := st.organization(organization)
	if o == nil {
		return nil, fmt.Errorf("organization %q is not in the seed", organization)
	}
	if p := o.project(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("project %q is not in the organization %q of the seed", name, organization)
}

// wantedToken is the body of POST /_emulator/token. Kind is "entra" (the default),
// "refresh", "job", "pat" or "assertion"; each uses the fields of the Go method with
// that name. ExpiresIn is a duration such as "1h".
type wantedToken struct {
	Kind, Name, Application, Organization, Scopes, Audience, Tenant, ExpiresIn string
	Issuer, Subject                                                            string
	App, Forged                                                                bool
}

// controlToken returns {"token": ...}, for a PAT with its authorizationId.
func controlToken(c *call) reply {
	var w wantedToken
	if err := c.decodeStrictly(&w); err != nil {
		return badControl(err)
	}
	life, err := time.ParseDuration(cmp.Or(w.ExpiresIn, "1h"))
	if err != nil {
		return badControl(err)
	}
	answer := map[string]string{}
	org := c.organization(cmp.Or(w.Organization, c.orgs[0].Name))
	switch {
	case org == nil:
		return badControl(fmt.Errorf("organization %q is not in the seed", w.Organization))
	case w.Kind == "refresh":
		answer["token"] = c.server.refreshToken(w.Name, w.Application)
	case w.Kind == "job":
		answer["token"] = c.server.jobToken(org, life)
	case w.Kind == "assertion":
		if answer["token"], err = c.server.assertion(w.assertion()); err != nil {
			return badControl(err)
		}
	case w.Kind == "pat":
		p := c.addPAT(org, w.Name, w.Scopes, life, c.now)
		answer["token"], answer["authorizationId"] = p.text, p.id
	case w.Kind == "" || w.Kind == "entra":
		answer["token"] = c.server.token(TokenOptions{
			App: w.App, Name: w.Name, Scopes: w.Scopes, Audience: w.Audience, Tenant: w.Tenant, ExpiresIn: life, Forged: w.Forged,
		})
	default:
		return badControl(fmt.Errorf("unknown kind of token %q", w.Kind))
	}
	return jsonReply(http.StatusOK, answer)
}

// assertion returns options with the default lifetime of five minutes if none is
// given.
func (w wantedToken) assertion() AssertionOptions {
	life, _ := time.ParseDuration(w.ExpiresIn) // validated by the caller; zero if empty
	return AssertionOptions{Issuer: cmp.Or(w.Issuer, "github"), Subject: w.Subject, Audience: w.Audience, ExpiresIn: life, Forged: w.Forged}
}
