package transport

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

// A server that repeats what it received, in any part of its response, must not get
// the credential into the error.
func TestEchoedCredentialIsNotInTheError(t *testing.T) {
	t.Parallel()
	const pat, sig = "FAKE+PAT/0001==not~a~real~token", "FAKE+sig/0002="
	basic := base64.StdEncoding.EncodeToString([]byte(":" + pat))
	sas := "SharedAccessSignature sr=app&sig=" + url.QueryEscape(sig) + "&skn=t&se=1"
	for header, canaries := range map[string][]string{
		"Bearer " + pat:  {pat, "Bearer " + pat, strings.ToLower(pat), url.QueryEscape(pat), url.PathEscape(pat), base64.StdEncoding.EncodeToString([]byte(pat)), base64.RawURLEncoding.EncodeToString([]byte(pat))},
		"Basic " + basic: {pat, basic, url.QueryEscape(basic), base64.StdEncoding.EncodeToString([]byte(basic))},
		sas:              {sas, sig, url.QueryEscape(sig), sas[len("SharedAccessSignature "):]},
	} {
		for _, canary := range canaries {
			for place, h := range echoes(canary) {
				s := newService(t, h)
				c := NewCaller(s.transport(t, Options{MaxAttempts: 1}), func(context.Context) (string, error) { return header, nil })
				reply, err := c.Do(t.Context(), Call{Method: "GET", URL: at(s.URL), Refused: repeating}, &struct{ Name int }{})
				if err == nil {
					t.Fatalf("%s: no error", place)
				}
				f := fault.From(err)
				seen := strings.ToLower(fmt.Sprintf("%v %v %v %v %v", err, f.Code, f.Hints, f.RequestID, reply.RequestID))
				for e := err; e != nil; e = errors.Unwrap(e) {
					seen += strings.ToLower(e.Error())
				}
				for _, c := range canaries {
					if strings.Contains(seen, strings.ToLower(c)) {
						t.Errorf("%s, %s: %s", place, canary, seen)
					}
				}
			}
		}
	}
}

// repeating returns an error that contains everything in the response.
func repeating(a Answer) *fault.Error {
	f := a.ByStatus(a.Clean(string(a.Body)) + a.Word(string(a.Body)))
	f.RequestID = a.RequestID(string(a.Body))
	return f
}

func echoes(canary string) map[string]http.HandlerFunc {
	quoted, _ := json.Marshal(canary)
	long, _ := json.Marshal(strings.Repeat("x ", longestText/2-4) + canary)
	return map[string]http.HandlerFunc{
		"lower":        answer(403, jsonType, strings.ToLower(string(quoted))),
		"upper":        answer(409, jsonType, strings.ToUpper(string(quoted))),
		"message":      answer(403, jsonType, `{"message":`+string(quoted)+`}`),
		"cut message":  answer(403, jsonType, `{"message":`+string(long)+`}`),
		"type key":     answer(400, jsonType, `{"typeKey":`+string(quoted)+`}`),
		"text":         answer(500, "text/plain", "you sent "+canary),
		"activity id":  with(answer(404, "", ""), "ActivityId", canary),
		"content type": answer(200, "text/"+canary, "x"),
		"location":     with(answer(302, "", ""), "Location", "https://"+url.PathEscape(canary)+".example.com/?"+canary),
		"field":        answer(200, jsonType, `{"name":`+string(quoted)+`}`),
		"no JSON":      answer(200, jsonType, canary),
		"page":         answer(200, htmlType, "<html>"+canary),
		"no HTTP": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = conn.Write([]byte(canary + "\r\n\r\n"))
				_ = conn.Close()
			}
		},
	}
}

func TestShortFormsAreNotLookedFor(t *testing.T) {
	t.Parallel()
	if got := formsOfHeader("Bearer a").clean("a banana"); got != "a banana" {
		t.Errorf("%q", got)
	}
}

func TestForeignTextIsBoundedAndInOneLine(t *testing.T) {
	t.Parallel()
	got := forms{}.clean("a\r\n::error::b\xff" + strings.Repeat("é", 1000))
	if !strings.HasPrefix(got, "a ::error::b?é") || len([]rune(got)) != longestText+1 {
		t.Errorf("%q", got)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	for want, h := range map[string]http.Header{
		"a-1":   {"Activityid": {" a-1 "}, "X-Vss-E2eid": {"b"}},
		"b":     {"Activityid": {"::error::\x1b[0m x"}, "X-Vss-E2eid": {"b"}},
		"c":     {"X-Ms-Request-Id": {"c"}},
		"d|e.f": {"Request-Id": {"d|e.f"}, "X-Ms-Client-Request-Id": {"g"}},
		"":      {"X-Ms-Client-Request-Id": {strings.Repeat("x", 129)}},
	} {
		if got := requestID(h, nil); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A message that repeats the credential may contain another secret that only the
// service knows so far, so none of its long words is shown.
func TestCleanHidesWhatElseAMessageRepeats(t *testing.T) {
	t.Parallel()
	secret := formsOfHeader("Bearer FAKE-credential-of-the-caller")
	got := secret.clean("no: FAKE-credential-of-the-caller and FAKEPATmintedByTheServiceJustNow012345 here")
	if got != "no: *** and *** here" {
		t.Errorf("%q", got)
	}
	if got := secret.clean("no such thing: 0fab0000-0000-4000-8000-000000000001"); got != "no such thing: 0fab0000-0000-4000-8000-000000000001" {
		t.Errorf("%q", got)
	}
}
