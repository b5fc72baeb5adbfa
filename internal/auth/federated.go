package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// issuer is a CI host's endpoint for OIDC tokens.
type issuer struct {
	name     string // name in messages
	method   string
	url      *url.URL
	variable string       // the variable that contains the address
	job      input.Secret // the job's token, which authenticates the request
	header   http.Header
	field    string                                        // the field of the response that contains the assertion
	advice   func(a transport.Answer, said string) refusal // explains a status
}

// httpsURL parses the address in an environment variable. A token may be sent there
// only over a secure connection.
func httpsURL(name, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, fault.Input(name, name+" must be the https address that the CI host sets", "%s: %s is not valid", name, input.Quote(clean(address)))
	}
	u.Fragment = ""
	return u, nil
}

// federated returns a credential that exchanges an assertion from the issuer.
func (c *chooser) federated(name, by string, from issuer) *Credential {
	chosen := c.atEntra(name, "as "+c.registration().String()+by, federatedSource{c.registration(), from.assert, new(sync.Once)})
	chosen.asserter, chosen.assertedBy = from.url, from.variable
	return chosen
}

// federatedSource gets an application's token in exchange for an assertion.
type federatedSource struct {
	registration
	// assert gets the assertion. It is called for each token.
	assert func(context.Context, Wire) (string, error)
	once   *sync.Once // for a warning that is logged once
}

// assertionType marks the assertion as a JWT: RFC 7523, section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (s federatedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	assertion, err := s.assert(ctx, w)
	if err != nil {
		return grant{}, err
	}
	asserted, _ := readClaims(assertion)
	if asserted.isRetiring() {
		s.once.Do(func() { w.Warn(convert) })
	}
	return s.token(ctx, w, proof{
		params: url.Values{"client_assertion_type": {assertionType}, paramAssertion: {assertion}},
		scopes: []string{s.scope}, asserted: asserted,
	})
}

// assert gets an assertion from the CI host.
func (i issuer) assert(ctx context.Context, w Wire) (string, error) {
	caller := transport.NewCaller(w.Transport, func(context.Context) (string, error) { return "Bearer " + i.job.Reveal(), nil })
	var got map[string]json.RawMessage
	reply, err := caller.Do(ctx, transport.Call{Method: i.method, URL: i.url, Header: i.header, Refused: i.refused}, &got)
	doing := "get an assertion from " + i.name + " at " + i.url.Host
	if err != nil {
		return "", asking(doing, err)
	}
	assertion := text(got[i.field])
	w.Hide(assertion)
	if !isToken(assertion) {
		return "", asking(doing, reply.Bad("the response has no %s", i.field))
	}
	return assertion, nil
}

// refused explains a response without an assertion.
func (i issuer) refused(a transport.Answer) *fault.Error {
	said := hostSaid(a)
	switch {
	case a.IsBusy():
		return a.ByStatus(said)
	case a.Status == http.StatusOK:
		return fault.New(fault.BadResponse, "HTTP 200 with a web page and no %s", i.field)
	}
	why := i.advice(a, said)
	text := why.text
	if said != "" {
		text += " (" + said + ")"
	}
	return fault.New(why.code, "HTTP %d: %s", a.Status, text).With(why.hints...)
}

// hostSaid returns the message in an error response of GitHub or Azure DevOps, which
// has three forms: {"message"}, {"value": "…"} and {"value": {"Message"}}
// (microsoft/azure-devops-go-api, models.go).
func hostSaid(a transport.Answer) string {
	var e struct {
		Message string
		Value   json.RawMessage
	}
	a.Decode(&e)
	said := e.Message
	if said == "" {
		said = text(e.Value)
	}
	if said == "" {
		var wrapped struct{ Message string }
		_ = json.Unmarshal(e.Value, &wrapped) // other forms leave it empty
		said = wrapped.Message
	}
	return a.Clean(firstLine(said))
}

// isSignIn reports whether the response is a sign-in page or redirects to one: that
// is how Azure DevOps rejects an unknown token.
func isSignIn(a transport.Answer) bool {
	return a.Status == http.StatusNonAuthoritativeInfo || a.Status >= 300 && a.Status < 400
}

// asking says what was being done when a request for a token failed. A token that
// was never received does no harm, so nothing needs to be cleaned up.
func asking(doing string, err error) *fault.Error {
	f := fault.From(err)
	f.Err = fmt.Errorf("%s: %w", doing, err)
	f.MaybeDone = false
	return f
}
