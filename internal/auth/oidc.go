package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"azstep/internal/fault"
	"azstep/internal/input"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// issuer is a CI host's endpoint for OIDC tokens.
type issuer struct {
	name   string // in messages
	method string
	url    string
	job    input.Secret // the job's token, which the endpoint is asked with
	header http.Header
	field  string               // of the answer that holds the assertion
	advice func(answer) refusal // what a status means
}

// gitHub is GitHub's: docs.github.com, "OpenID Connect reference", and
// actions/toolkit oidc-utils.ts. The address has a query of its own.
func (c *chooser) gitHub() (*Credential, error) {
	u, err := httpsURL(varGitHubURL, c.env.get(varGitHubURL))
	if err != nil {
		return nil, err
	}
	query := "audience=" + url.QueryEscape(assertionAudience)
	if u.RawQuery != "" {
		query = u.RawQuery + "&" + query
	}
	u.RawQuery = query
	return c.federated(wayGitHub, ", by this job's GitHub id token", issuer{
		name: "GitHub", method: http.MethodGet, url: u.String(), field: "value",
		job: input.Secret(c.env.get(varGitHubToken)), advice: gitHubAdvice,
	})
}

// pipelines is Azure Pipelines': azidentity's azure_pipelines_credential.go.
// The header asks for a 401 where a browser would be redirected to sign in.
func (c *chooser) pipelines() (*Credential, error) {
	u, err := httpsURL(varPipelinesURL, c.env.get(varPipelinesURL))
	if err != nil {
		return nil, err
	}
	query := u.Query()
	query.Set("api-version", "7.1")
	query.Set("serviceConnectionId", c.in.ServiceConnectionID)
	u.RawQuery = query.Encode()
	return c.federated(wayPipelines, ", by service connection "+c.in.ServiceConnectionID, issuer{
		name: "Azure Pipelines", method: http.MethodPost, url: u.String(), field: "oidcToken",
		job:    input.Secret(c.env.get(wayJobToken)),
		header: http.Header{"Content-Type": {"application/json"}, "X-Tfs-Fedauthredirect": {"Suppress"}},
		advice: pipelinesAdvice(c.in.ServiceConnectionID),
	})
}

func (c *chooser) federated(name, how string, from issuer) (*Credential, error) {
	chosen := c.fetched(name, c.registration().String()+how, federatedSource{c.registration(), from})
	chosen.hosts, chosen.asserter = []string{c.in.authority()}, from.url
	return chosen, nil
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

// federatedSource gets an application's token with an assertion of the CI host.
type federatedSource struct {
	registration
	from issuer
}

// fetch takes two requests. The assertion is fetched before azidentity is asked
// for anything, because its errors would keep the text of ours and lose the
// rest.
func (s federatedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	proof, err := s.from.assert(ctx, w)
	if err != nil {
		return grant{}, err
	}
	told, _ := readClaims(proof)
	return s.exchange(ctx, w, proof, told, func(o azcore.ClientOptions) (azcore.TokenCredential, error) {
		return azidentity.NewClientAssertionCredential(s.tenant, s.client,
			func(context.Context) (string, error) { return proof, nil },
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: true})
	})
}

// assert gets an assertion.
func (i issuer) assert(ctx context.Context, w Wire) (string, error) {
	doing := "get an assertion from " + i.name + " at " + hostOf(i.url)
	carry := &courier{wire: w}
	resp, err := i.send(ctx, carry.client())
	if err != nil {
		return "", unreachable(ctx, doing, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", unreachable(ctx, doing, err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body, secrets: []string{i.job.Reveal()}}
	if resp.StatusCode != http.StatusOK {
		return "", i.refused(doing, a)
	}
	proof, ok := member(body, i.field)
	w.Hide(proof)
	if !ok {
		return "", a.mark(fault.New(fault.BadResponse, "%s: the answer has no %s", doing, i.field))
	}
	return proof, nil
}

func (i issuer) send(ctx context.Context, client *http.Client) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, i.method, i.url, http.NoBody)
	if err != nil {
		return nil, err
	}
	for key, values := range i.header {
		req.Header[key] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+i.job.Reveal())
	return client.Do(req)
}

// refused explains an answer without an assertion.
func (i issuer) refused(doing string, a answer) *fault.Error {
	if busy := a.busy(doing); busy != nil {
		return busy
	}
	why := i.advice(a)
	text := why.text
	if said, ok := member(a.body, "message"); ok {
		text += " (" + firstLine(said, a.secrets...) + ")"
	}
	return a.mark(fault.New(why.code, "%s: answered %d: %s", doing, a.status, text).With(why.hints...))
}

// member is one string of a JSON object. Azure DevOps may begin an answer with
// a byte order mark.
func member(body []byte, name string) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &object) != nil {
		return "", false
	}
	value := text(object[name])
	return value, value != ""
}
