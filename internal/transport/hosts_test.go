package transport

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/azstep/azstep/internal/fault"
)

var everyKind = []Kind{Secret, Token, IoT}

var (
	own = Hosts{
		Trusted: []string{"TFS.example.com", "ado.example.com:8443", "[fd00::1]:443", "fd00::2", "xn--bcher-kva.example"},
	}
	token, iot, secret = []Kind{Token}, []Kind{IoT}, []Kind{Secret}
)

var destinations = []struct {
	hosts Hosts
	url   string
	want  []Kind
}{
	{Hosts{}, "https://login.microsoftonline.com/tenant/oauth2/v2.0/token", secret},
	{Hosts{}, "https://login.microsoftonline.us", secret},
	{Hosts{}, "https://login.partner.microsoftonline.cn/x", secret},
	{Hosts{}, "https://login.microsoftonline.com:443/x", secret},
	{Hosts{}, "https://evil.login.microsoftonline.com", nil},
	{Hosts{}, "https://dev.azure.com/fabrikam", token},
	{Hosts{}, "https://DEV.Azure.com/fabrikam", token},
	{Hosts{}, "https://vssps.dev.azure.com/fabrikam/_apis/tokens/pats?x=1", token},
	{Hosts{}, "https://fabrikam.visualstudio.com/", token},
	{Hosts{}, "https://fabrikam.vssps.visualstudio.com/", token},
	{Hosts{}, "https://my-app.azureiotcentral.com/api/roles", iot},
	{Hosts{}, "https://127.0.0.1:8443/fabrikam", everyKind},
	{Hosts{}, "https://127.255.0.9/", everyKind},
	{Hosts{}, "https://[::1]:8443/", everyKind},
	{Hosts{}, "https://localhost:1/", everyKind},
	{Hosts{}, "https://LOCALHOST/", everyKind},
	{Hosts{}, "https://app.localhost/", nil},
	{Hosts{}, "https://localhost./", nil},
	{Hosts{CI: true}, "https://127.0.0.1:8443/fabrikam", []Kind{Token, IoT}},
	{Hosts{CI: true, Named: at("https://127.0.0.1:8443")}, "https://127.0.0.1:8443/x", everyKind},
	{Hosts{CI: true, Named: at("https://127.0.0.1:8443")}, "https://127.0.0.1:8444/x", []Kind{Token, IoT}},
	{Hosts{CI: true, Named: at("https://localhost")}, "https://LOCALHOST:443/x", everyKind},
	{Hosts{CI: true, Named: at("https://evil.example")}, "https://evil.example", nil},
	{Hosts{CI: true, Trusted: []string{"127.0.0.1"}}, "https://127.0.0.1:8444/x", everyKind},
	{Hosts{CI: true, Trusted: []string{"127.0.0.1:1"}}, "https://127.0.0.1:8444/x", []Kind{Token, IoT}},

	{Hosts{}, "http://dev.azure.com/fabrikam", nil},
	{Hosts{}, "http://127.0.0.1/", nil},
	{Hosts{}, "HTTPS://dev.azure.com/", token},
	{Hosts{}, "ftp://dev.azure.com/", nil},
	{Hosts{}, "dev.azure.com/fabrikam", nil},
	{Hosts{}, "//dev.azure.com/fabrikam", nil},
	{Hosts{}, "https:dev.azure.com", nil},
	{Hosts{}, "", nil},
	{Hosts{}, "https://", nil},
	{Hosts{}, "https://dev.azure.com:8443/", nil},
	{Hosts{}, "https://dev.azure.com:0443/", nil},
	{Hosts{}, "https://dev.azure.com./", nil},
	{Hosts{}, "https://dev.azure.com.evil.example/", nil},
	{Hosts{}, "https://evildev.azure.com/", nil},
	{Hosts{}, "https://x.dev.azure.com/", nil},
	{Hosts{}, "https://user:pass@dev.azure.com/", nil},
	{Hosts{}, "https://dev.azure.com@evil.example/", nil},
	{Hosts{}, "https://evil.example/dev.azure.com", nil},
	{Hosts{}, "https://evil.example#@dev.azure.com", nil},
	{Hosts{}, "https://evil.example?.visualstudio.com", nil},
	{Hosts{}, `https://evil.example\.visualstudio.com`, nil},
	{Hosts{}, "https://evil.example%2f.visualstudio.com", nil},
	{Hosts{}, "https://evil.example%00.visualstudio.com", nil},
	{Hosts{}, "https://visualstudio.com/", nil},
	{Hosts{}, "https://.visualstudio.com/", nil},
	{Hosts{}, "https://a..visualstudio.com/", nil},
	{Hosts{}, "https://evilvisualstudio.com/", nil},
	{Hosts{}, "https://azureiotcentral.com/", nil},
	{Hosts{}, "https://evilazureiotcentral.com/", nil},
	{Hosts{}, "https://ｄev.azure.com/", nil},
	{Hosts{}, "https://dev。azure。com/", nil},
	{Hosts{}, "https://bücher.visualstudio.com/", nil},
	{Hosts{}, "https://%E2%84%AA.visualstudio.com/", nil},
	{Hosts{}, "https://127.1/", nil},
	{Hosts{}, "https://2130706433/", nil},
	{Hosts{}, "https://0.0.0.0/", nil},
	{Hosts{}, "https://[::ffff:127.0.0.1]/", nil},
	{Hosts{}, "https://[::1%25lo]/", nil},
	{Hosts{}, "https://127.0.0.1.evil.example/", nil},
	{Hosts{}, "https://localhost.evil.example/", nil},
	{Hosts{}, "https://evillocalhost/", nil},
	{Hosts{}, "https://169.254.169.254/", nil},
	{Hosts{}, "https://agent.example.com:9443/tfs", nil},

	{own, "https://tfs.example.com/tfs", everyKind},
	{own, "https://TFS.EXAMPLE.COM:8080/tfs", everyKind},
	{own, "https://x.tfs.example.com/tfs", nil},
	{own, "https://ado.example.com:8443/", everyKind},
	{own, "https://ado.example.com/", nil},
	{own, "https://[fd00::1]/", everyKind},
	{own, "https://[fd00::1]:444/", nil},
	{own, "https://[FD00::2]:444/", everyKind},
	{own, "https://xn--bcher-kva.example/", everyKind},
	{own, "https://bücher.example/", nil},
	{Hosts{Trusted: []string{"k.example"}}, "https://\u212a.example/", nil},
}

func TestAllow(t *testing.T) {
	t.Parallel()
	for _, tt := range destinations {
		for _, kind := range everyKind {
			want := false
			for _, k := range tt.want {
				want = want || k == kind
			}
			err := tt.hosts.Allow(kind, at(tt.url), "organization")
			if (err == nil) != want {
				t.Errorf("kind %d, %s: %v", kind, tt.url, err)
			}
			if err != nil && (!fault.Is(err, fault.InvalidInput) || fault.From(err).ExitCode() != 2 || fault.From(err).Input != "organization" || !strings.HasPrefix(err.Error(), "organization: ") || strings.Contains(err.Error(), "pass")) {
				t.Errorf("%s: %v", tt.url, err)
			}
		}
	}
}

func TestAllowNamesHostAndWayOut(t *testing.T) {
	t.Parallel()
	f := fault.From(Hosts{}.Allow(Token, at("https://tfs.example.com:8443/x?y=secret"), "organization"))
	if !strings.Contains(f.Error(), "tfs.example.com:8443") || strings.Contains(f.Error(), "secret") || !strings.Contains(f.Hints[0], "trusted-hosts: tfs.example.com:8443") {
		t.Errorf("%v, %q", f, f.Hints)
	}
	for _, entry := range []string{"https://tfs.example.com", "*.example.com", "tfs.example.com/x", "a b", ""} {
		f := fault.From(Hosts{Trusted: []string{entry}}.Allow(Token, at("https://tfs.example.com/"), "organization"))
		if f.Input != "trusted-hosts" {
			t.Errorf("%q: %v", entry, f)
		}
	}
}

// FuzzAllow checks where net/http would send a request to an allowed URL, and looks
// the host up in its own list.
func FuzzAllow(f *testing.F) {
	for _, raw := range []string{"https://dev.azure.com/", "https://a.visualstudio.com:443", "https://[::1]:1/", "https://x@y/", "https://tfs.example.com:1", "https://ſ.azureiotcentral.com"} {
		f.Add(raw, "tfs.example.com\v")
	}
	f.Fuzz(func(t *testing.T, raw, trusted string) {
		h := Hosts{Trusted: []string{trusted}}
		for _, kind := range everyKind {
			if h.Allow(kind, at(raw), "organization") != nil {
				continue
			}
			req, err := http.NewRequest("GET", raw, nil)
			if err != nil {
				t.Fatalf("%q is allowed but not a URL", raw)
			}
			host, err := idna.Lookup.ToASCII(req.URL.Hostname())
			if err != nil {
				host = req.URL.Hostname()
			}
			if req.URL.Scheme != "https" || req.URL.User != nil || !listed(kind, strings.ToLower(host), strings.ToLower(trusted)) {
				t.Errorf("kind %d: %q leads to %q", kind, raw, host)
			}
		}
	})
}

func listed(kind Kind, host, trusted string) bool {
	ends := func(domain string) bool {
		label, ok := strings.CutSuffix(host, "."+domain)
		return ok && label != "" && label[0] != '.' && label[len(label)-1] != '.'
	}
	trusted = strings.TrimSpace(trusted)
	addr, err := netip.ParseAddr(host)
	switch {
	case err == nil && addr.IsLoopback(), host == "localhost":
		return true
	case strings.Trim(trusted, "[]") == host, strings.HasPrefix(trusted, host+":"), strings.HasPrefix(trusted, "["+host+"]:"):
		return true
	case kind == Secret:
		return host == "login.microsoftonline.com" || host == "login.microsoftonline.us" || host == "login.partner.microsoftonline.cn"
	case kind == IoT:
		return ends("azureiotcentral.com")
	}
	return host == "dev.azure.com" || host == "vssps.dev.azure.com" || ends("visualstudio.com")
}
