package auth

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/pattern"

	"github.com/google/go-cmp/cmp"
)

func TestReadClaims(t *testing.T) {
	t.Parallel()
	header := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`))
	body := func(payload string) string {
		return header + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".RkFLRQ"
	}
	for _, c := range []struct {
		name, token string
		want        claims
		ok          bool
	}{
		{"empty", "", claims{}, false},
		{"a PAT", fakePAT, claims{}, false},
		{"no JSON", "a.b.c", claims{}, false},
		{"header is a number", "MQ.e30.RkFLRQ", claims{}, false},
		{"header is null", base64.RawURLEncoding.EncodeToString([]byte("null")) + ".e30.RkFLRQ", claims{}, false},
		{"payload is an array", body(`[]`), claims{}, false},
		{"padded", header + "=.e30.RkFLRQ", claims{}, false},
		{"signature is none of base64url", header + ".e30.+/", claims{}, false},
		{"no signature", header + ".e30.", claims{}, false},
		{"four segments", body(`{}`) + ".x", claims{}, false},
		{"encrypted", encrypted, claims{}, true},
		{"two tokens in one", header + ".a.b.c.d", claims{}, false},
		{"too long", body(`{"sub":"` + strings.Repeat("x", maxToken) + `"}`), claims{}, false},
		{"all", body(`{"iss":"i","tid":"t","sub":"s","idtyp":"user","scp":"a b","aud":"x","exp":1.5e9,"nbf":1500000000.25}`), claims{
			readable: true, issuer: "i", tenant: "t", subject: "s", idType: "user", scopes: "a b", audience: []string{"x"},
			expires: time.Unix(1500000000, 0).UTC(), notBefore: time.Unix(1500000000, 250000000).UTC(),
		}, true},
		{"several audiences", body(`{"aud":["x","y"]}`), claims{readable: true, audience: []string{"x", "y"}}, true},
		{"wrong types are absent", body(`{"iss":1,"tid":[],"sub":{},"aud":[1],"exp":"1500000000","nbf":-1}`), claims{readable: true}, true},
		{"dates beyond all dates", body(`{"exp":1e300,"nbf":253402300800}`), claims{readable: true}, true},
	} {
		got, ok := readClaims(c.token)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(claims{})); diff != "" || ok != c.ok {
			t.Errorf("%s: ok %v, want %v:\n%s", c.name, ok, c.ok, diff)
		}
	}
}

func TestClaimsSayOnlyWhatIsSafe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   map[string]any
		want string
	}{
		{"a user's", user(map[string]any{"upn": "jane@contoso.com", "name": "Jane", "ipaddr": "192.0.2.1"}),
			"token: user Jane, audience Azure DevOps, expires at 13:00 UTC (in 60 min)"},
		{"without a name", user(nil), "token: tenant " + tenantID + ", subject user-0001, audience Azure DevOps, expires at 13:00 UTC (in 60 min)"},
		{"nothing known", map[string]any{"ipaddr": "192.0.2.1"}, "token: has no tenant, subject, audience or expiry"},
		{"of several lines", map[string]any{"sub": "a\n::error::b\x1b[31m", "aud": strings.Repeat("x", 500)},
			"token: subject a ::error::b [31m, audience " + strings.Repeat("x", maxClean) + "…"},
	} {
		got, ok := readClaims(jwt(c.in))
		if said := got.describe(time.Date(2026, 11, 21, 12, 0, 1, 0, time.UTC)); !ok || said != c.want {
			t.Errorf("%s: %q, want %q", c.name, said, c.want)
		}
	}
}

// FuzzCredential passes any credential to Choose: it must not panic, must not accept
// a PAT for a service that takes none, and must not repeat the secret in an error.
func FuzzCredential(f *testing.F) {
	f.Add(fakePAT, "{}")
	f.Add(pattern.SASPrefix+"sr=1&sig=FAKE&se=1", "{}")
	f.Add("a.b.c", `{"iss":"app.vstoken.visualstudio.com"}`)
	f.Add("", `{"aud":["`+azureDevOpsApp+`"],"exp":1e400,"nbf":-1,"scp":"x","idtyp":null}`)
	f.Add("e30.e30.e30", `{"aud":{"aud":[[]]}}`)
	f.Fuzz(func(t *testing.T, raw, payload string) {
		token := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".RkFLRS1TSUdOQVRVUkUtMDAwMQ"
		for _, secret := range []string{raw, token} {
			for _, need := range []Need{devOps, pats, iot} {
				chosen, err := Choose(with("auth", wayCredential, "credential", secret), need, gitHubEnv(), now)
				if err != nil && len(secret) > 60 && strings.Contains(err.Error(), secret) {
					t.Fatalf("the error repeats the secret: %v", err)
				}
				if err == nil && !need.takes(chosen.Kind) {
					t.Fatalf("took %s for %v", chosen.Kind, need)
				}
			}
		}
	})
}

// FuzzClaims writes a JWT and checks what readClaims finds in it.
func FuzzClaims(f *testing.F) {
	f.Add("https://sts.windows.net/1/", "subject", "audience", int64(1795262400))
	f.Add("\x00", "\u2028", `"`, int64(-1))
	f.Fuzz(func(t *testing.T, issuer, subject, audience string, expires int64) {
		raw, err := json.Marshal([]string{issuer, subject, audience})
		if err != nil {
			t.Skip()
		}
		var meant []string // as JSON represents it, with invalid UTF-8 replaced
		if err := json.Unmarshal(raw, &meant); err != nil {
			t.Fatal(err)
		}
		got, ok := readClaims(jwt(map[string]any{"iss": issuer, "sub": subject, "aud": audience, "exp": expires}))
		if !ok || got.issuer != meant[0] || got.subject != meant[1] {
			t.Fatalf("read %+v of %q", got, meant)
		}
		if meant[2] != "" && !got.hasAudience(meant[2]) {
			t.Fatalf("audience %q is not in %q", meant[2], got.audience)
		}
		if inRange := expires > 0 && expires <= latestSecond; inRange != !got.expires.IsZero() || inRange && got.expires.Unix() != expires {
			t.Fatalf("expires %v of %d", got.expires, expires)
		}
		if strings.ContainsAny(got.describe(now), "\r\n\x1b") {
			t.Fatalf("%q is not one line", got.subject)
		}
	})
}

// FuzzAssertion checks that only a token for the required audience, and only while it
// is valid, is taken for a federated token, and that no error repeats it.
func FuzzAssertion(f *testing.F) {
	const audience = "api://AzureADTokenExchange"
	f.Add(audience, int64(4102444800), "", "")
	f.Add("other", int64(4102444800), "", "\n")
	f.Add(audience, int64(1), "Bearer ", "")
	f.Add("\u2028", int64(0), "\x00", "=")
	f.Fuzz(func(t *testing.T, aud string, expires int64, before, after string) {
		token := jwt(map[string]any{"iss": "https://issuer.example", "sub": "job", "aud": aud, "exp": expires})
		from := assertionFrom{name: inputAssertion, audience: audience}
		err := from.check(before+token+after, now)
		if err == nil && (before+after != "" || aud != audience || expires > 0 && expires <= now.Unix()) {
			t.Errorf("took %q%q%q for %q until %d", before, token, after, aud, expires)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("the error repeats the token: %v", err)
		}
		if before+after == "" && aud == audience && expires > now.Unix() && expires <= latestSecond && err != nil {
			t.Errorf("refused a token until %d: %v", expires, err)
		}
	})
}
