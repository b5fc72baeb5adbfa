package auth

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
)

// Inputs are the inputs with which every operation authenticates.
type Inputs struct {
	Auth                string       `env:"AUTH, default=auto"`
	Credential          input.Secret `env:"CREDENTIAL"`
	TenantID            string       `env:"TENANT_ID" from:"AZURE_TENANT_ID" azure:"AZURESUBSCRIPTION_TENANT_ID"`
	ClientID            string       `env:"CLIENT_ID" from:"AZURE_CLIENT_ID" azure:"AZURESUBSCRIPTION_CLIENT_ID"`
	ClientSecret        input.Secret `env:"CLIENT_SECRET" from:"AZURE_CLIENT_SECRET"`
	RefreshToken        input.Secret `env:"REFRESH_TOKEN"`
	Assertion           input.Secret `env:"ASSERTION"`
	AssertionFile       string       `env:"ASSERTION_FILE"`
	Audience            string       `env:"AUDIENCE"`
	ServiceConnectionID string       `env:"SERVICE_CONNECTION_ID" azure:"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"`
	AuthorityHost       string       `env:"AUTHORITY_HOST" loose:"AZURE_AUTHORITY_HOST"`
}

// Identity is the part of Inputs that is not secret: which way was used, and as
// whom. It may be stored for a later process.
type Identity struct {
	Auth                string `json:"auth,omitempty"`
	TenantID            string `json:"tenantId,omitempty"`
	ClientID            string `json:"clientId,omitempty"`
	ServiceConnectionID string `json:"serviceConnectionId,omitempty"`
	AuthorityHost       string `json:"authorityHost,omitempty"`
	Audience            string `json:"audience,omitempty"` // audience of assertions, if it is not the cloud's own
}

// Apply replaces what the inputs name with the identity, so that the environment of
// a later process supplies only the secrets.
func (i Identity) Apply(in *Inputs) {
	in.Auth, in.TenantID, in.ClientID = i.Auth, i.TenantID, i.ClientID
	in.ServiceConnectionID, in.AuthorityHost, in.Audience = i.ServiceConnectionID, i.AuthorityHost, i.Audience
}

// publicAuthority is the Entra authority of the public cloud.
const publicAuthority = "login.microsoftonline.com"

var (
	// domain matches a verified domain name of a tenant, such as
	// contoso.onmicrosoft.com; common and organizations do not name a tenant.
	domain = pattern.New(`^([0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?\.)+[0-9A-Za-z-]{2,63}$`)
)

// Validate reports everything that is wrong with the individual inputs. Which of
// them must be set depends on the way to authenticate: [Choose].
func (in *Inputs) Validate() []error {
	var problems []error
	check := func(ok bool, name, value, hint string) {
		if !ok {
			problems = append(problems, input.Wrong(name, value, hint))
		}
	}
	check(in.Auth == "" || slices.Contains(authValues(), in.Auth), "auth", in.Auth, "one of "+strings.Join(authValues(), ", "))
	check(in.TenantID == "" || len(in.TenantID) <= 253 && (pattern.IsGUID(in.TenantID) || domain.MatchString(in.TenantID)),
		"tenant-id", in.TenantID, "the tenant's id (a GUID) or a verified domain name such as contoso.onmicrosoft.com")
	check(in.ClientID == "" || pattern.IsGUID(in.ClientID), "client-id", in.ClientID, "the application (client) id, a GUID")
	check(in.ServiceConnectionID == "" || pattern.IsGUID(in.ServiceConnectionID),
		"service-connection-id", in.ServiceConnectionID, "the service connection's id, a GUID: resourceId in the address of its page")
	check(in.AuthorityHost == "" || in.Authority() != nil,
		"authority-host", in.AuthorityHost, "an https address without path, such as https://login.microsoftonline.us")
	check(in.Audience == "" || len(in.Audience) <= maxAudience && isToken(in.Audience), "audience", in.Audience,
		"one audience such as "+exchangeAudience+", the same as in the application's federated credential")
	if in.Assertion != "" && in.AssertionFile != "" {
		problems = append(problems, fault.Input(inputAssertion, "remove `assertion` or `assertion-file`", "assertion and assertion-file are both set"))
	}
	return append(problems, in.validateSecrets()...)
}

// maxAudience is the length limit for a federated credential's audience
// (learn.microsoft.com, "Workload identity federation considerations").
const maxAudience = 600

func (in *Inputs) validateSecrets() []error {
	var problems []error
	for _, s := range []struct {
		name  string
		value input.Secret
	}{{"credential", in.Credential}, {"client-secret", in.ClientSecret}, {"refresh-token", in.RefreshToken}, {inputAssertion, in.Assertion}} {
		if strings.ContainsFunc(s.value.Reveal(), unicode.IsControl) {
			problems = append(problems, fault.Input(s.name, s.name+": give the value on one line, without line breaks or other control characters",
				"%s contains a control character", s.name))
		}
	}
	if inQuotes(in.Credential.Reveal()) {
		problems = append(problems, fault.Input("credential", "credential: give only the token, without quotes", "credential is in quotes"))
	}
	if scheme, ok := headerScheme(in.Credential.Reveal()); ok {
		problems = append(problems, fault.Input("credential", "credential: remove "+scheme+" and give only the token",
			"credential begins with %q, as a header does", scheme+" "))
	}
	return problems
}

// inQuotes reports whether the quotes of a shell or of JSON were stored with a
// value.
func inQuotes(value string) bool {
	return len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0]
}

// headerScheme finds the scheme of an Authorization header that was pasted as a
// whole.
func headerScheme(value string) (string, bool) {
	scheme, _, ok := strings.Cut(value, " ")
	for _, known := range []string{"Bearer", "Basic"} {
		if ok && strings.EqualFold(strings.TrimSuffix(scheme, ":"), known) {
			return known, true
		}
	}
	return "", false
}

// authority returns the origin from which tokens are requested. An address that
// Validate rejects is replaced by a host to which nothing is sent.
func (in *Inputs) authority() *url.URL {
	if in.AuthorityHost == "" {
		return &url.URL{Scheme: "https", Host: publicAuthority}
	}
	u, _ := origin(in.AuthorityHost)
	return u
}

// Authority returns the address in authority-host, or nil if it is not valid.
func (in *Inputs) Authority() *url.URL {
	u, ok := origin(in.AuthorityHost)
	if !ok {
		return nil
	}
	return u
}

// origin parses an address that consists only of https and a host.
func origin(address string) (*url.URL, bool) {
	bare := strings.TrimSuffix(address, "/")
	u, err := url.Parse(bare)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.Scheme+"://"+u.Host != bare {
		return new(url.URL), false
	}
	return u, true
}
