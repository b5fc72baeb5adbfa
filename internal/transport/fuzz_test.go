package transport

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzList compares the reader of long lists with encoding/json: what it accepts is
// valid JSON, and it passes on every element once, even if an earlier response broke
// off.
func FuzzList(f *testing.F) {
	for _, text := range []string{
		`{"count":2,"value":[{"id":1},{"id":2}]}`, "\ufeff" + `{"value":[]}`, `{"value":null,"nextLink":"https://x/y"}`, `{"value":[1],"value":[2]}`,
		`{"continuationToken":"ab==","value":[{"id":3}],"other":{"value":[{"id":9}]}}`, `{"value":[],"patTokenError":"none"}`, `{"value":[1]} x`, `[]`, `{"value":{}}`,
	} {
		f.Add(text, uint16(len(text)/2))
		f.Add(text, uint16(0))
	}
	f.Fuzz(func(t *testing.T, text string, cut uint16) {
		var handed []json.RawMessage
		l := &list{key: "value"}
		l.hand = func() error {
			var element json.RawMessage
			err := l.json.Decode(&element)
			if err == nil {
				handed = append(handed, element)
				l.handed++
			}
			return err
		}
		if n := int(cut); n < len(text) && answered(l, text[:n]) == nil {
			t.Skip("complete before the cut")
		}
		if answered(l, text) != nil {
			return
		}
		var members map[string]json.RawMessage // a struct's fields would match in any case
		var want []json.RawMessage
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text, bom)), &members); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if err := json.Unmarshal(members["value"], &want); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if diff := cmp.Diff(texts(want), texts(handed)); diff != "" {
			t.Errorf("the elements of %q (-want +got):\n%s", text, diff)
		}
	})
}

func answered(l *list, text string) *failure {
	x := &exchange{what: "GET x", reader: l.read}
	return x.read(&http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)),
	})
}

func texts(elements []json.RawMessage) (all []string) {
	for _, e := range elements {
		all = append(all, string(e))
	}
	return all
}

// FuzzForm checks that a service gets a form as it was meant, and that no error
// repeats its secret, if the service answers with the form it received.
func FuzzForm(f *testing.F) {
	f.Add("client_secret", "FAKE-CLIENT-SECRET-0001", 400)
	f.Add("assertion", "a+b/c=&d=e%20 ;\u00e9", 401)
	f.Add("", "\x00\r\n\xff12345678", 200)
	f.Add("refresh_token", strings.Repeat("FAKE", 600), 500)
	f.Fuzz(func(t *testing.T, name, secret string, status int) {
		if len(secret) < shortestSecret || secret != strings.TrimSpace(secret) || status < 200 || status > 599 {
			t.Skip("no secret: inputs are trimmed, and short ones are not recognized; or not a final status")
		}
		form := url.Values{name: {secret}, "grant_type": {"x"}}
		request := httptest.NewRequest(http.MethodPost, "https://service.example/token", strings.NewReader(form.Encode()))
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := request.ParseForm(); err != nil {
			t.Fatal(err)
		}
		if got := request.PostForm; got.Get(name) != secret && name != "grant_type" {
			t.Errorf("%q became %q", secret, got)
		}
		a := Answer{What: "POST x", Status: status, Body: []byte(form.Encode()), secret: formsOf(secret), Header: http.Header{}}
		for _, said := range []string{form.Encode(), secret, "prefix " + secret + " suffix", url.PathEscape(secret)} {
			if told := a.ByStatus(a.Clean(said)).Error(); strings.Contains(strings.ToLower(told), strings.ToLower(secret)) {
				t.Errorf("the secret is in %q", told)
			}
		}
	})
}
