package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"
)

// issuer is one whose tokens applications may trust: a CI host, a Kubernetes
// cluster, or Entra itself for newer connections of Azure Pipelines.
type issuer struct {
	Name    string // "gitlab"
	Issuer  string // iss
	Subject string // sub of the job, pod or connection that asks
	Claims  map[string]string
}

// Issuers of the two hosts whose OIDC endpoints are emulated (github/docs,
// openid-connect-reference; azure-devops-docs, workload identity
// troubleshooting: the organization's id follows).
const (
	githubIssuer    = "https://token.actions.githubusercontent.com"
	pipelinesIssuer = "https://vstoken.dev.azure.com/"
)

// Audiences of federated tokens. Entra names its own assertions' audience by the
// id of the application that the URI belongs to (azure-devops-docs, workload
// identity troubleshooting).
const (
	entraAudience   = "api://AzureADTokenExchange"
	entraAudienceID = "fb60f99c-7a34-4190-8149-302f77469936"
)

// assertionLife is short everywhere: 5 minutes on GitHub, 10 on Azure Pipelines.
const assertionLife = 5 * time.Minute

// issuerV2 is iss of what Entra's v2 endpoint issues for a tenant.
func issuerV2(tenant string) string { return "https://login.microsoftonline.com/" + tenant + "/v2.0" }

// AssertionOptions say which federated token [Server.Assertion] makes.
type AssertionOptions struct {
	Issuer    string        // the name of one in the seed, "github", "azure-pipelines", or any iss
	Subject   string        // sub; "" is the issuer's own
	Audience  string        // aud; "" is api://AzureADTokenExchange
	ExpiresIn time.Duration // 0 is five minutes; negative is expired
	Forged    bool          // signed by somebody else
}

// Assertion makes a federated token of any issuer without asking for proof.
func (s *Server) Assertion(o AssertionOptions) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assertion(o)
}

func (s *Server) assertion(o AssertionOptions) (string, error) {
	from, err := s.st.issuer(o.Issuer)
	if err != nil {
		return "", err
	}
	stated := from.assertion(cmp.Or(o.Audience, entraAudience), s.now(), cmp.Or(o.ExpiresIn, assertionLife))
	if o.Subject != "" {
		stated["sub"] = o.Subject
	}
	if o.Forged {
		return sign(randomBytes(32), stated), nil
	}
	return s.signAsIssuer(stated), nil
}

// issuer finds one by its name. An address stands for an issuer that no seed
// names.
func (st *state) issuer(name string) (issuer, error) {
	known := append([]issuer{{Name: "github", Issuer: st.github.issuer(), Subject: st.github.Subject}}, st.issuers...)
	if org := st.orgs[0]; len(org.Projects) > 0 {
		known = append(known, issuer{
			Name: "azure-pipelines", Issuer: pipelinesIssuer + org.ID, Subject: "sc://" + org.Name + "/" + org.Projects[0].Name + "/deploy",
		})
	}
	for _, i := range known {
		if i.Name == name || i.Issuer == name {
			return i, nil
		}
	}
	if strings.HasPrefix(name, "https://") {
		return issuer{Issuer: name, Subject: "nobody"}, nil
	}
	return issuer{}, fmt.Errorf("issuer %q is not in the seed", name)
}

// assertion is what the issuer says of whoever asks.
func (i issuer) assertion(audience string, now time.Time, life time.Duration) claims {
	stated := claims{}
	for name, value := range i.Claims {
		stated[name] = value
	}
	ends := now.Add(life)
	maps.Copy(stated, claims{
		"iss": i.Issuer, "sub": i.Subject, "aud": audience, "jti": newGUID(),
		"iat": min(now.Unix(), ends.Unix()-1), "nbf": min(now.Unix(), ends.Unix()-1), "exp": ends.Unix(),
	})
	return stated
}

// signAsIssuer signs with the key of whoever the token says has issued it.
func (s *Server) signAsIssuer(stated claims) string {
	return sign(s.keys.ofIssuer(stated.text("iss")), stated)
}
