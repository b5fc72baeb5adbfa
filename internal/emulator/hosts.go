package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// github is the data of GitHub Actions' OIDC endpoint about the job.
type github struct {
	RequestToken string `yaml:"requestToken"` // ACTIONS_ID_TOKEN_REQUEST_TOKEN
	Repository   string
	Subject      string
	Issuer       string // of a GitHub Enterprise Server or a ghe.com tenant; "" is github.com's
	OwnerID      string `yaml:"ownerId"`
	RepositoryID string `yaml:"repositoryId"`
}

func (g github) issuer() string { return cmp.Or(g.Issuer, githubIssuer) }

// immutable returns the subject with the ids of owner and repository, the default
// for repositories created or renamed since 2026-07-15.
func (g github) immutable() string {
	owner, name, _ := strings.Cut(g.Repository, "/")
	return strings.Replace(g.Subject, "repo:"+g.Repository+":", "repo:"+owner+"@"+g.OwnerID+"/"+name+"@"+g.RepositoryID+":", 1)
}

// serviceConnection is a service connection of Azure Pipelines with workload
// identity federation.
type serviceConnection struct {
	ID           string
	Name         string
	Unreferenced bool // the running stage does not reference it, so it gets no token
	Converted    bool // Entra issues its assertions, as for newer connections
}

const (
	githubOIDCPath    = "/_oidc/github"
	pipelinesOIDCPath = "/{org}/{project}/_apis/distributedtask/hubs/{hub}/plans/{plan}/jobs/{job}/oidctoken"
)

// hostRoutes are the OIDC endpoints for the jobs of both hosts.
func hostRoutes() []route {
	return []route{
		{area: openArea{}, method: http.MethodGet, pattern: githubOIDCPath, handle: githubOIDC},
		{area: vssArea{}, method: http.MethodPost, pattern: pipelinesOIDCPath, callers: byJob, noPage: true, handle: pipelinesOIDC},
	}
}

// githubOIDC responds as oidc-utils.ts of actions/toolkit expects.
func githubOIDC(c *call) reply {
	if p := credentialOf(c.request); p.scheme != "bearer" || p.token != c.github.RequestToken {
		return newReply(http.StatusUnauthorized, "text/plain; charset=utf-8", nil)
	}
	owner, _, _ := strings.Cut(c.github.Repository, "/")
	token := c.server.signAsIssuer(claims{
		"iss": c.github.issuer(), "sub": c.github.Subject, "aud": cmp.Or(c.query.Get("audience"), "https://github.com/"+owner),
		"repository": c.github.Repository, "repository_owner": owner, "repository_visibility": "private",
		"repository_id": c.github.RepositoryID, "repository_owner_id": c.github.OwnerID,
		"ref": "refs/heads/main", "sha": strings.Repeat("fa", 20), "run_id": "1", "run_attempt": "1", "actor": "jamal",
		"workflow": "deploy", "event_name": "push", "runner_environment": "github-hosted", "jti": newGUID(),
		"iat": c.now.Unix(), "nbf": c.now.Unix(), "exp": c.now.Add(assertionLife).Unix(),
	})
	return jsonReply(http.StatusOK, map[string]any{"count": len(token), "value": token})
}

// pipelinesOIDC responds as AzurePipelinesCredential of azidentity expects. Its
// errors come from dotnet/docker-tools#2012 and azidentity's troubleshooting page;
// the status is not documented.
func pipelinesOIDC(c *call) reply {
	p := c.org.project(c.param("project"))
	if p == nil {
		return c.noProject(c.param("project"))
	}
	id := c.query.Get("serviceConnectionId")
	connection := p.serviceConnection(id)
	switch {
	case connection == nil:
		return textValue(http.StatusBadRequest, fmt.Sprintf("No service connection found with identifier %s.", id))
	case connection.Unreferenced:
		return textValue(http.StatusBadRequest, fmt.Sprintf("There is no explicit reference to service connection %s from current stage Deploy.job.__default.", id))
	}
	return jsonReply(http.StatusOK, map[string]string{"oidcToken": c.server.signAsIssuer(c.connectionClaims(p, connection))})
}

// connectionClaims returns the claims of a connection's assertion. Entra issues the
// assertions of newer connections (azure-devops-docs, workload identity
// troubleshooting).
func (c *call) connectionClaims(p *project, s *serviceConnection) claims {
	from := issuer{Issuer: pipelinesIssuer + c.org.ID, Subject: "sc://" + c.org.Name + "/" + p.Name + "/" + s.Name}
	audience := entraAudience
	if s.Converted {
		from = issuer{Issuer: issuerV2(c.org.Tenant), Subject: connectionSubject(c.org, s)}
		audience = entraAudienceID
	}
	stated := from.assertion(audience, c.now, assertionLife)
	stated["org_id"], stated["prj_id"], stated["sc_id"] = c.org.ID, p.ID, s.ID
	return stated
}

// connectionSubject is the sub of an assertion that Entra issues for a connection.
func connectionSubject(o *organization, s *serviceConnection) string {
	return "/eid1/c/pub/t/" + o.Tenant + "/a/" + AzureDevOps + "/sc/" + o.ID + "/" + s.ID
}

// ConvertConnection has the effect of the button "Convert" of a service connection:
// Entra issues its assertions.
func (s *Server) ConvertConnection(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.convertConnection(name)
}

func (st *state) convertConnection(name string) error {
	for _, o := range st.orgs {
		for _, p := range o.Projects {
			for _, s := range p.ServiceConnections {
				if s.Name == name || s.ID == name {
					s.Converted = true
					return nil
				}
			}
		}
	}
	return fmt.Errorf("service connection %q is not in the seed", name)
}

func (p *project) serviceConnection(id string) *serviceConnection {
	for _, s := range p.ServiceConnections {
		if strings.EqualFold(s.ID, id) {
			return s
		}
	}
	return nil
}

// textValue is how Azure DevOps wraps a plain string; count is its length.
func textValue(status int, text string) reply {
	return jsonReply(status, map[string]any{"count": len(text), "value": text})
}

// GitHubOptions describes GitHub's OIDC tokens. Empty fields leave values unchanged.
type GitHubOptions struct {
	Subject   string `json:"subject"`
	Issuer    string `json:"issuer"`    // of a GitHub Enterprise Server or a ghe.com tenant
	Immutable bool   `json:"immutable"` // the subject contains the ids of owner and repository
}

// SetGitHub changes GitHub's OIDC tokens.
func (s *Server) SetGitHub(o GitHubOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.setGitHub(o)
}

func (st *state) setGitHub(o GitHubOptions) {
	st.github.Subject = cmp.Or(o.Subject, st.github.Subject)
	st.github.Issuer = cmp.Or(o.Issuer, st.github.Issuer)
	if o.Immutable {
		st.github.Subject = st.github.immutable()
	}
}

// SetGitHubSubject changes the sub of GitHub's OIDC tokens, for example to one that
// no federated credential in Entra has.
func (s *Server) SetGitHubSubject(subject string) { s.SetGitHub(GitHubOptions{Subject: subject}) }

// JobToken returns what SYSTEM_ACCESSTOKEN contains in a job of the organization (""
// is the first one of the seed): a JWT, but not one of Entra's. It is valid for
// life, which may be negative.
func (s *Server) JobToken(organization string, life time.Duration) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	org := s.st.organization(cmp.Or(organization, s.st.orgs[0].Name))
	if org == nil {
		return "", fmt.Errorf("organization %q is not in the seed", organization)
	}
	return s.jobToken(org, life), nil
}

func (s *Server) jobToken(o *organization, life time.Duration) string {
	ends := s.now().Add(life)
	return sign(s.keys.job, claims{
		"iss": jobTokenIssuer, "aud": jobTokenAudience(o), "nameid": o.BuildService, "name": "Build Service (" + o.Name + ")",
		"scp": "app_token", "sid": newGUID(), "nbf": ends.Add(-24 * time.Hour).Unix(), "exp": ends.Unix(),
	})
}

// jobTokenAudience limits a job token to its organization.
func jobTokenAudience(o *organization) string { return jobTokenIssuer + "|vso:" + o.ID }
