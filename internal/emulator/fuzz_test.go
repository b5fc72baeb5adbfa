package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// Every request gets a response with a content type, and a JSON response is valid
// JSON.
func FuzzServe(f *testing.F) {
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		f.Fatal(err)
	}
	token := s.Token(emulator.TokenOptions{})
	for _, path := range []string{patsPath, tokenPath, "/_oidc/github", "/fabrikam/x/_apis/distributedtask/hubs/b/plans/p/jobs/j/oidctoken", "/%zz", "//", "/_emulator/faults"} {
		f.Add(http.MethodPost, path, "Bearer "+token, "application/json;api-version=7.1-preview.1", `{"displayName":"x"}`)
	}
	f.Add(http.MethodOptions, "/fabrikam/_apis/core", "Bearer "+token, "", "")
	f.Add(http.MethodGet, "/_apis/resourceareas?accountName=fabrikam", "", "application/json;api-version=", "")
	f.Add(http.MethodGet, "/devicelogin", "Basic OkZBS0U=", "", "client_id="+loginApp)
	f.Fuzz(func(t *testing.T, method, path, auth, accept, body string) {
		target, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(target.Path, "/_emulator/") {
			t.Skip() // it adds faults, and hanging is a valid response to them
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		r.Method, r.URL = method, target
		r.Header.Set("Authorization", auth)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		kind := w.Header().Get("Content-Type")
		if w.Code < 200 || w.Body.Len() > 0 && kind == "" {
			t.Errorf("status %d, type %q, body %q", w.Code, kind, w.Body)
		}
		if strings.HasPrefix(kind, "application/json") && !json.Valid(w.Body.Bytes()) {
			t.Errorf("no JSON: %q", w.Body)
		}
	})
}

// A time in the PAT API is within half a step of the requested time, and does not
// change when it is sent again.
func FuzzPATTime(f *testing.F) {
	f.Add(int64(1606866383), int64(319_000_000))
	f.Add(int64(1606866383), int64(999_999_999))
	f.Fuzz(func(t *testing.T, sec, nano int64) {
		at := time.Unix(sec%4_000_000_000, (nano%int64(time.Second)+int64(time.Second))%int64(time.Second)).UTC()
		text := emulator.PATTime(at)
		shown, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		if off := shown.Sub(at).Abs(); off > time.Second/600+time.Microsecond {
			t.Errorf("%v is shown as %s, %v off", at, text, off)
		}
		if again := emulator.PATTime(shown); again != text {
			t.Errorf("%s is shown as %s", text, again)
		}
	})
}

func FuzzFault(f *testing.F) {
	f.Add(`{"method":"POST","path":"*","kind":"status","status":503,"delay":"1s"}`)
	f.Add(`{"kind":"hang","times":-1,"header":{"a":"b"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var fault emulator.Fault
		if fault.UnmarshalJSON([]byte(text)) != nil {
			return
		}
		s, err := emulator.New(emulator.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.AddFault(fault); err != nil {
			t.Errorf("%s can be read, but not armed: %v", text, err)
		}
	})
}

// A parsed version is parsed the same after it is formatted.
func FuzzVersion(f *testing.F) {
	for _, text := range []string{"7.1", "7.2-preview.4", "7.1-preview", "07.1", "7", "-preview", "7.1-preview.", "256.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once, ok := emulator.Version(text)
		if !ok {
			return
		}
		if again, ok := emulator.Version(once); !ok || again != once {
			t.Errorf("%q is %q, and that is %q", text, once, again)
		}
	})
}
