package client

import (
	"net/url"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// texts returns an Organization's addresses as they are requested.
type texts struct {
	Base, PATs string
	Cloud      bool
}

func TestParseOrganization(t *testing.T) {
	t.Parallel()
	const pats = "https://vssps.dev.azure.com/fabrikam"
	for in, want := range map[string]texts{
		"fabrikam":                                             {"https://dev.azure.com/fabrikam", pats, true},
		"https://dev.azure.com/fabrikam":                       {"https://dev.azure.com/fabrikam", pats, true},
		"https://DEV.azure.com/fabrikam/":                      {"https://dev.azure.com/fabrikam", pats, true},
		"https://fabrikam.visualstudio.com":                    {"https://fabrikam.visualstudio.com", pats, true},
		"https://fabrikam.visualstudio.com/":                   {"https://fabrikam.visualstudio.com", pats, true},
		"https://fabrikam.visualstudio.com/DefaultCollection/": {"https://fabrikam.visualstudio.com", pats, true},
		"https://tfs.example.com/tfs/DefaultCollection":        {"https://tfs.example.com/tfs/DefaultCollection", "https://tfs.example.com/tfs/DefaultCollection", false},
		"https://127.0.0.1:8443/fabrikam":                      {"https://127.0.0.1:8443/fabrikam", "https://127.0.0.1:8443/fabrikam", false},
		"https://[::1]:8443/fabrikam/":                         {"https://[::1]:8443/fabrikam", "https://[::1]:8443/fabrikam", false},
		"https://dev.azure.com.evil.com/fabrikam":              {"https://dev.azure.com.evil.com/fabrikam", "https://dev.azure.com.evil.com/fabrikam", false},
	} {
		at, err := ParseOrganization(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		got := texts{at.Base.String(), at.PATs.String(), at.Cloud}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

// hostile lists values from which no address must be built.
func hostile() []string {
	return []string{
		"", "-fabrikam", "fabrikam-", "fabri kam", "fabrikam/..", "..", "evil.com#", "evil.com/fabrikam", "user@host", "..%2f", "a\x00b", "a\nb",
		strings.Repeat("a", 10<<10), "http://dev.azure.com/fabrikam", "https://dev.azure.com", "https://dev.azure.com/a/b", "https://dev.azure.com:8443/fabrikam",
		"https://user:pw@dev.azure.com/fabrikam", "https://dev.azure.com/fabrikam?x=1", "https://dev.azure.com/fabrikam#x", "https://dev.azure.com/fabrikam?",
		"https://dev.azure.com/%2e%2e", "https://dev.azure.com/..", "https://dev.azure.com\\@evil.com/fabrikam", "https://a.b.visualstudio.com", "https://.visualstudio.com",
		"https://visualstudio.com.evil.com:99999999/x", "https://evil.com/a/../b", "https://evil.com/a;b", "https://", "https:///fabrikam", "https://dev.azure.com./fabrikam",
		"https://dev.azure.com%00.evil.com/fabrikam", "https://ｄev.azure.com/fabrikam", "//dev.azure.com/fabrikam", "javascript:alert(1)",
	}
}

func TestHostileOrganizationsAreRefused(t *testing.T) {
	t.Parallel()
	for _, in := range hostile() {
		got, err := ParseOrganization(in)
		if err == nil {
			t.Errorf("%q became %+v", in, got)
			continue
		}
		if f := fault.From(err); f.Code != fault.InvalidInput || f.Input != "organization" || len(err.Error()) > 600 {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestParseApplication(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{
		{"my-app", "azureiotcentral.com"}:                              "https://my-app.azureiotcentral.com",
		{"My-App", "azureiotcentral.us"}:                               "https://my-app.azureiotcentral.us",
		{"my-app.azureiotcentral.com", "x.com"}:                        "https://my-app.azureiotcentral.com",
		{"https://my-app.azureiotcentral.com/", "azureiotcentral.com"}: "https://my-app.azureiotcentral.com",
		{"https://127.0.0.1:8443", "azureiotcentral.com"}:              "https://127.0.0.1:8443",
		{"127.0.0.1:8443", "azureiotcentral.com"}:                      "https://127.0.0.1:8443",
		{"https://my-app.azureiotcentral.com/api", "x.com"}:            "",
		{"my-app.azureiotcentral.com/..", "x.com"}:                     "",
		{"my-app", "evil.com/x"}:                                       "",
		{"my-app", "evil.com#"}:                                        "",
		{"my-app", "u@evil.com"}:                                       "",
		{"my-app", "evil.com:443"}:                                     "",
		{"my-app#", "azureiotcentral.com"}:                             "",
		{"u@my-app.azureiotcentral.com", "x.com"}:                      "",
		{"my app", "azureiotcentral.com"}:                              "",
		{"http://my-app.azureiotcentral.com", "x.com"}:                 "",
		{"my-app?x", "azureiotcentral.com"}:                            "",
	} {
		at, err := ParseApplication(in[0], in[1])
		got := ""
		if err == nil {
			got = at.Base.String()
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", in, got, err)
		}
	}
}

// FuzzAddress checks that no value changes the host or the structure of a path: an
// accepted value becomes one host and plain segments, and a segment stays a single
// one.
func FuzzAddress(f *testing.F) {
	for _, in := range append(hostile(), "fabrikam", "https://dev.azure.com/fabrikam", "My Team ..%2f#?;@") {
		f.Add(in, in)
	}
	f.Fuzz(func(t *testing.T, organization, segment string) {
		at, err := ParseOrganization(organization)
		if err != nil {
			at, _ = ParseOrganization("fabrikam")
		}
		if application, err := ParseApplication(organization, "azureiotcentral.com"); err == nil {
			if u, err := url.Parse(application.Base.String()); err != nil || u.Path != "" || u.User != nil || u.Scheme != "https" || u.Host == "" {
				t.Errorf("application %q became %q", organization, application.Base)
			}
		}
		if CheckSegment("team", segment) != nil {
			return
		}
		base, err := url.Parse(at.Base.String())
		if err != nil || base.User != nil || base.RawQuery != "" || base.Fragment != "" || base.Scheme != "https" {
			t.Fatalf("organization %q became %q", organization, at.Base)
		}
		u, err := url.Parse(join(at.Base, "_apis", segment, "teams").String())
		if err != nil {
			t.Fatalf("%q: %v", segment, err)
		}
		tail := strings.TrimPrefix(u.EscapedPath(), strings.TrimSuffix(base.EscapedPath(), "/"))
		if u.Host != base.Host || u.RawQuery != "" || u.Fragment != "" || strings.Count(tail, "/") != 3 {
			t.Errorf("%q in %q became %q", segment, organization, u)
		}
	})
}
