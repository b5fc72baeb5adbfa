package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// federated is a federated identity credential: it says whose assertions an
// application trusts. A flexible one has an expression instead of a subject
// (learn.microsoft.com, "Flexible federated identity credentials").
type federated struct {
	Issuer, Subject, Audience string
	Matching                  string // claims['sub'] matches 'repo:fabrikam/*'
}

// admitsSubject reports whether the credential is for the subject of an assertion.
func (f federated) admitsSubject(stated claims) bool {
	if f.Matching == "" {
		return f.Subject == stated.text("sub")
	}
	for clause := range strings.SplitSeq(f.Matching, " and ") {
		if !admits(clause, stated) {
			return false
		}
	}
	return true
}

var clauseForm = regexp.MustCompile(`^claims\['([a-z_]+)'\] (matches|eq) '([^']*)'$`)

// admits evaluates one comparison. In a pattern, * matches any text and ? one
// character.
func admits(clause string, stated claims) bool {
	parts := clauseForm.FindStringSubmatch(strings.TrimSpace(clause))
	if parts == nil {
		return false
	}
	value := stated.text(parts[1])
	if parts[2] == "eq" {
		return value == parts[3]
	}
	pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(parts[3]))
	ok, _ := regexp.MatchString("^(?:"+pattern+")$", value) // a quoted pattern always compiles
	return ok
}

// admitsAudience compares the audience. Entra's own assertions contain the
// application id instead.
func (f federated) admitsAudience(stated claims) bool {
	aud := stated.text("aud")
	return f.Audience == aud || f.Audience == entraAudience && aud == entraAudienceID
}

// checkFederated rejects expressions that would match nothing.
func (a *application) checkFederated() error {
	for _, f := range a.Federated {
		if f.Matching == "" {
			continue
		}
		if f.Subject != "" {
			return fmt.Errorf("seed: application %q has a federated credential with both subject and matching", a.Name)
		}
		for clause := range strings.SplitSeq(f.Matching, " and ") {
			if !clauseForm.MatchString(strings.TrimSpace(clause)) {
				return fmt.Errorf("seed: application %q: %q is not an expression", a.Name, clause)
			}
		}
	}
	return nil
}

// matchFederated filters the credentials by one claim after the other. The error
// names the first claim that no credential has.
func matchFederated(all []federated, stated claims) *aadsts {
	if len(all) == 0 {
		return ref(noFederated(stated))
	}
	steps := []struct {
		code        int
		claim, name string
		admits      func(federated) bool
	}{
		{700211, "iss", "issuer", func(f federated) bool { return f.Issuer == stated.text("iss") }},
		{700213, "sub", "subject", func(f federated) bool { return f.admitsSubject(stated) }},
		{700212, "aud", "audience", func(f federated) bool { return f.admitsAudience(stated) }},
	}
	left := slices.Clone(all)
	for _, step := range steps {
		value := stated.text(step.claim)
		sameButCase := step.claim == "sub" && slices.ContainsFunc(left, func(f federated) bool { return strings.EqualFold(f.Subject, value) })
		left = slices.DeleteFunc(left, func(f federated) bool { return !step.admits(f) })
		if len(left) == 0 {
			return ref(unmatched(step.code, step.name, value, sameButCase))
		}
	}
	return nil
}

// managedIdentity is the data of the two metadata endpoints of Azure's machines.
type managedIdentity struct {
	Header      string // IDENTITY_HEADER
	Application string // name of the application whose tokens are issued
}

const appServicePath = "/_msi/token"

// managedRoutes are the two metadata services: that of virtual machines (IMDS, over
// HTTP with an address of its own in Azure), and that of App Service and Functions,
// with the address in IDENTITY_ENDPOINT (learn.microsoft.com, how-to-use-vm-token
// and overview-managed-identity).
func managedRoutes() []route {
	return []route{
		{area: openArea{}, method: http.MethodGet, pattern: "/metadata/identity/oauth2/token", handle: imdsToken},
		{area: openArea{}, method: http.MethodGet, pattern: appServicePath, handle: appServiceToken},
	}
}

func imdsToken(c *call) reply {
	if !strings.EqualFold(c.header("Metadata"), "true") {
		return managedRefusal(http.StatusBadRequest, "invalid_request", "Required metadata header not specified")
	}
	return c.managedToken()
}

func appServiceToken(c *call) reply {
	if c.managed.Header == "" || c.header("X-IDENTITY-HEADER") != c.managed.Header {
		return managedRefusal(http.StatusUnauthorized, "unauthorized", "The X-IDENTITY-HEADER is missing or wrong")
	}
	return c.managedToken()
}

func (c *call) managedToken() reply {
	t, app := c.application(c.managed.Application)
	if id := cmp.Or(c.query.Get("client_id"), app.ID); id != app.ID {
		return managedRefusal(http.StatusBadRequest, "invalid_request", "Identity not found")
	}
	asked := strings.TrimSuffix(c.query.Get("resource"), "/")
	i := slices.IndexFunc(resources(), func(r resource) bool { return slices.Contains(r.ids, asked) })
	if i < 0 || !slices.Contains(app.Resources, resources()[i].name) {
		return managedRefusal(http.StatusBadRequest, "invalid_resource", "AADSTS500011: "+unknownResource(asked, t.Domain).text)
	}
	until := c.now.Add(accessTokenLife)
	return jsonReply(http.StatusOK, map[string]string{ // numbers are strings here
		"access_token": sign(c.server.keys.entra, appClaims(t, app, resources()[i].audience, c.now)),
		"client_id":    app.ID, "resource": asked, "token_type": "Bearer",
		"expires_in": strconv.Itoa(seconds(accessTokenLife)), "expires_on": strconv.FormatInt(until.Unix(), 10),
		"not_before": strconv.FormatInt(c.now.Unix(), 10),
	})
}

func managedRefusal(status int, code, text string) reply {
	return jsonReply(status, map[string]string{"error": code, "error_description": text})
}

// ManagedIdentityEnv returns the environment of a program on App Service, as
// NAME=value.
func (s *Server) ManagedIdentityEnv() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []string{"IDENTITY_ENDPOINT=" + s.url + appServicePath, "IDENTITY_HEADER=" + s.st.managed.Header}
}
