package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
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

// assert gets an assertion.
func (i issuer) assert(ctx context.Context, w Wire) (string, error) {
	doing := "get an assertion from " + i.name + " at " + hostOf(i.url)
	carry := &courier{wire: w}
	resp, err := i.send(ctx, carry.client())
	if err != nil {
		return "", unreachable(ctx, doing, err)
	}
	body, err := readAll(resp)
	if err != nil {
		return "", unreachable(ctx, doing, err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: body, secrets: []string{i.job.Reveal()}}
	if resp.StatusCode != http.StatusOK {
		return "", i.refused(doing, a)
	}
	proof, ok := member(body, i.field)
	w.Hide(proof)
	if !ok || !isToken(proof) {
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
	if said := a.said(); said != "" {
		text += " (" + said + ")"
	}
	return a.mark(fault.New(why.code, "%s: HTTP %d: %s", doing, a.status, text).With(why.hints...))
}

// said is the message in an error answer of GitHub or of Azure DevOps, which
// has three forms: {"message"}, {"value": "…"} and {"value": {"Message"}}
// (microsoft/azure-devops-go-api, models.go).
func (a answer) said() string {
	said, ok := member(a.body, "message")
	if !ok {
		said, ok = member(a.body, "value")
	}
	if !ok {
		var wrapped struct{ Value json.RawMessage }
		_ = json.Unmarshal(withoutMark(a.body), &wrapped) // another form leaves it empty
		said, _ = member(wrapped.Value, "Message")
	}
	return firstLine(said, a.secrets...)
}

// member is one string of a JSON object.
func member(body []byte, name string) (string, bool) {
	var object map[string]json.RawMessage
	if json.Unmarshal(withoutMark(body), &object) != nil {
		return "", false
	}
	value := text(object[name])
	return value, value != ""
}

// withoutMark takes off the byte order mark that Azure DevOps may begin an
// answer with.
func withoutMark(body []byte) []byte { return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")) }
