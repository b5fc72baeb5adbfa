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
	name     string // in messages
	method   string
	url      *url.URL
	variable string       // that names the address
	job      input.Secret // the job's token, which the endpoint is asked with
	header   http.Header
	field    string                                        // of the answer that holds the assertion
	advice   func(a transport.Answer, said string) refusal // what a status means
}

// httpsURL is the address in an environment variable, to which a token may be
// sent only if the way there is safe.
func httpsURL(name, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return nil, fault.Input(name, name+" must be an https address, as the CI host sets it", "%s: %s is not valid", name, input.Quote(clean(address)))
	}
	u.Fragment = ""
	return u, nil
}

// federated is a credential for which an assertion of the issuer is exchanged.
func (c *chooser) federated(name, by string, from issuer) *Credential {
	chosen := c.atEntra(name, "as "+c.registration().String()+by, federatedSource{c.registration(), from.assert, new(sync.Once)})
	chosen.asserter, chosen.assertedBy = from.url, from.variable
	return chosen
}

// federatedSource gets an application's token with an assertion.
type federatedSource struct {
	registration
	// assert gets the assertion. It is asked for each token.
	assert func(context.Context, Wire) (string, error)
	once   *sync.Once // for a warning
}

// assertionType says that the assertion is a JWT: RFC 7523, section 2.2.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

func (s federatedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	assertion, err := s.assert(ctx, w)
	if err != nil {
		return grant{}, err
	}
	told, _ := readClaims(assertion)
	if told.isRetiring() {
		s.once.Do(func() { w.Warn(convert) })
	}
	return s.token(ctx, w, proof{
		params: url.Values{"client_assertion_type": {assertionType}, paramAssertion: {assertion}},
		scopes: []string{s.scope}, told: told,
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
		return "", asking(doing, reply.Bad("the answer has no %s", i.field))
	}
	return assertion, nil
}

// refused explains an answer without an assertion.
func (i issuer) refused(a transport.Answer) *fault.Error {
	said := hostSaid(a)
	switch {
	case a.IsBusy():
		return a.ByStatus(said)
	case a.Status == http.StatusOK:
		return fault.New(fault.BadResponse, "HTTP 200 with a web page, and no %s", i.field)
	}
	why := i.advice(a, said)
	text := why.text
	if said != "" {
		text += " (" + said + ")"
	}
	return fault.New(why.code, "HTTP %d: %s", a.Status, text).With(why.hints...)
}

// hostSaid is the message in an error answer of GitHub or of Azure DevOps, which
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
		_ = json.Unmarshal(e.Value, &wrapped) // another form leaves it empty
		said = wrapped.Message
	}
	return a.Clean(firstLine(said))
}

// isSignIn says that the answer is, or leads to, a page where a person would sign
// in: that is how Azure DevOps turns away a token it does not know.
func isSignIn(a transport.Answer) bool {
	return a.Status == http.StatusNonAuthoritativeInfo || a.Status >= 300 && a.Status < 400
}

// asking says what was being done when a call for a token failed. A token that nobody
// got does no harm, so that nothing is left to clean up.
func asking(doing string, err error) *fault.Error {
	f := fault.From(err)
	f.Err = fmt.Errorf("%s: %w", doing, err)
	f.MaybeDone = false
	return f
}
