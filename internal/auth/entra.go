package auth

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// registration is the app registration for which Entra is asked for a token.
type registration struct {
	authority             *url.URL
	tenant, client, scope string
}

func (c *chooser) registration() registration {
	return registration{c.in.authority(), c.in.TenantID, c.in.ClientID, c.need.scope()}
}

func (r registration) String() string {
	return "application " + r.client + " in tenant " + r.tenant
}

// tokenURL is the v2 token endpoint: learn.microsoft.com, "OAuth 2.0 client
// credentials flow on the Microsoft identity platform". The documentation fixes its
// path, so nothing needs to be discovered, and no response can redirect a secret
// elsewhere.
func (r registration) tokenURL() *url.URL { return r.endpoint("token") }

func (r registration) endpoint(name string) *url.URL {
	return &url.URL{Scheme: "https", Host: r.authority.Host, Path: "/" + r.tenant + "/oauth2/v2.0/" + name}
}

// atEntra returns a credential that is fetched from Entra.
func (c *chooser) atEntra(name, whose string, s source) *Credential {
	chosen := c.fetched(name, whose, s)
	chosen.authority = c.in.authority()
	return chosen
}

// proof is what Entra accepts in exchange for a token.
type proof struct {
	secret   string     // the client secret, or ""
	params   url.Values // other parameters; a grant_type here replaces client_credentials
	scopes   []string
	asserted claims // claims of the assertion among the params, if any
}

// secrets returns the values that must not be repeated from a response.
func (p proof) secrets() []string {
	return []string{p.secret, p.params.Get(paramAssertion), p.params.Get(paramRefresh)}
}

const (
	paramAssertion = "client_assertion"
	paramRefresh   = "refresh_token"
)

func (p proof) form(client string) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "scope": {strings.Join(p.scopes, " ")}}
	if p.secret != "" {
		form.Set("client_secret", p.secret)
	}
	for name, values := range p.params {
		form[name] = values
	}
	return form
}

// granted is the response of a token endpoint: RFC 6749, 5.1.
type granted struct {
	Access  string          `json:"access_token"`
	Refresh string          `json:"refresh_token"`
	ID      string          `json:"id_token"`   // names the user if the access token does not
	Life    json.RawMessage `json:"expires_in"` // seconds; some endpoints write the number as a string
}

// token gets a token from Entra in one request.
func (r registration) token(ctx context.Context, w Wire, p proof) (grant, error) {
	got, err := r.ask(ctx, w, p.form(r.client), p.asserted, p.secrets()...)
	if err != nil {
		return grant{}, err
	}
	token := Token{Value: got.Access}
	if life := seconds(got.Life); life > 0 {
		token.Expires = time.Now().Add(time.Duration(life) * time.Second)
	}
	fresh := ""
	if sent := p.params.Get(paramRefresh); sent != "" && got.Refresh != sent {
		fresh = got.Refresh
	}
	return grant{token, fresh}, nil
}

// ask sends a form to the token endpoint.
func (r registration) ask(ctx context.Context, w Wire, form url.Values, asserted claims, secrets ...string) (granted, error) {
	call := transport.Call{Method: http.MethodPost, URL: r.tokenURL(), Form: form, Secrets: secrets, Refused: r.refusing(asserted)}
	var got granted
	reply, err := transport.NewCaller(w.Transport, nil).Do(ctx, call, &got)
	if err == nil && got.Access == "" {
		err = reply.Bad("HTTP %d without a token", reply.Status).With(notEntra)
	}
	if err != nil {
		return granted{}, r.failed(err)
	}
	return got, nil
}

func (r registration) failed(err error) *fault.Error {
	return asking("get an Entra token from "+r.authority.Host, err)
}

// maxSeconds is the year 9999, as a bound below which no time overflows.
const maxSeconds = 253402300799

// seconds parses a number of seconds, which some endpoints write as a string; 0
// means none.
func seconds(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(cmp.Or(text(raw), string(raw)), 10, 64)
	if err != nil || n > maxSeconds {
		return 0
	}
	return n
}

// entraError is the error response of a token endpoint: RFC 6749, 5.2, with the
// members that Entra adds ("Error response" in its protocol documentation).
type entraError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Numbers     []int  `json:"error_codes"`
	TraceID     string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
}

var entraNumber = pattern.New(`AADSTS([0-9]{5,9})`)

const notEntra = "check authority-host, and whether a proxy answers instead of Entra"

// refusing explains why Entra did not issue a token. asserted are the claims of the
// assertion in the request.
func (r registration) refusing(asserted claims) func(transport.Answer) *fault.Error {
	return func(a transport.Answer) *fault.Error {
		var e entraError
		isJSON := a.Decode(&e)
		var f *fault.Error
		switch {
		case a.IsBusy():
			f = a.ByStatus(a.Clean(firstLine(e.Description)))
		case isJSON && e.Error != "":
			f = r.explain(e, asserted, a)
		case a.Status >= 400 && (isJSON || len(bytes.TrimSpace(a.Body)) == 0 || a.Text() != ""):
			f = a.Fault(fault.RequestRefused, a.Clean(a.Text())).With(lookUp(nil))
		default:
			f = fault.New(fault.BadResponse, "HTTP %d without a token; the response does not come from Entra", a.Status).With(notEntra)
		}
		f.RequestID = a.RequestID(e.TraceID, e.Correlation)
		return f
	}
}

func (r registration) explain(e entraError, asserted claims, a transport.Answer) *fault.Error {
	numbers := e.Numbers
	if len(numbers) == 0 {
		numbers = numbersIn(e.Description)
	}
	said := a.Clean(firstLine(e.Description))
	if said == "" {
		said = a.Clean(firstLine(e.Error))
	}
	known, ok := findRefusal(numbers)
	if !ok {
		return fault.New(codeOf(e.Error, a.Status), "%s", said).With(lookUp(numbers))
	}
	if i := slices.IndexFunc(numbers, known.bears); !known.quoted && i >= 0 {
		said = fmt.Sprintf("AADSTS%d", numbers[i])
	}
	fill := r.filler(asserted)
	f := fault.New(known.code, "%s (%s)", fill.Replace(known.text), said)
	for _, hint := range known.hints {
		f.Hints = append(f.Hints, fill.Replace(hint))
	}
	return f
}

// codeOf interprets an error whose number is not in the table: RFC 6749, 5.2, and
// OpenID Connect Core 1.0, 3.1.2.6.
func codeOf(name string, status int) fault.Code {
	switch name {
	case "invalid_client", "invalid_grant", "unauthorized_client", "interaction_required", "login_required":
		return fault.CredentialRejected
	case "access_denied", "consent_required":
		return fault.PermissionDenied
	}
	if status == http.StatusUnauthorized {
		return fault.CredentialRejected
	}
	return fault.RequestRefused
}

// numbersIn finds the error number at the beginning of Entra's message.
func numbersIn(text string) []int {
	found := entraNumber.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	n, _ := strconv.Atoi(found[1]) // at most nine digits
	return []int{n}
}

// lookUp returns the hint for a number that is not in the table. Entra has a page
// for every number.
func lookUp(numbers []int) string {
	if len(numbers) == 0 {
		return "check tenant-id, client-id and the other inputs of the sign-in; an Entra administrator can find the sign-in under Sign-in logs, by the request id"
	}
	return fmt.Sprintf("for the meaning of the number, see https://login.microsoftonline.com/error?code=%d; an Entra administrator can find the sign-in under Sign-in logs, by the request id", numbers[0])
}
