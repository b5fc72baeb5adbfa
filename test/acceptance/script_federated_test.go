//go:build unix

package acceptance

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
)

// convert NAME presses "Convert" on a service connection's page.
func (w *world) convert(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(w.server.ConvertConnection(args[0]))
}

// immutable adds the ids of owner and repository to the subject of GitHub's
// assertions.
func (w *world) immutable(*testscript.TestScript, bool, []string) {
	w.server.SetGitHub(emulator.GitHubOptions{Immutable: true})
}

// github-issuer URL sets the issuer of GitHub's assertions from now on.
func (w *world) gitHubIssuer(_ *testscript.TestScript, _ bool, args []string) {
	w.server.SetGitHub(emulator.GitHubOptions{Issuer: args[0]})
}

// assert VARIABLE JSON creates a federated token: emulator.AssertionOptions, with
// ExpiresIn in nanoseconds.
func (w *world) assert(ts *testscript.TestScript, _ bool, args []string) {
	var o emulator.AssertionOptions
	d := json.NewDecoder(strings.NewReader(args[1]))
	d.DisallowUnknownFields()
	ts.Check(d.Decode(&o))
	token, err := w.server.Assertion(o)
	ts.Check(err)
	ts.Setenv(args[0], token)
}

// pod VARIABLE creates a directory in which Kubernetes has mounted the token of a
// service account.
func (w *world) pod(ts *testscript.TestScript, _ bool, args []string) {
	dir, err := os.MkdirTemp("", "azstep-pod-")
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Check(w.server.WriteDir(dir))
	ts.Setenv(args[0], filepath.Join(dir, "pod"))
}

// renew DIRECTORY replaces the token there, as Kubernetes does before the old one
// expires.
func (w *world) renew(ts *testscript.TestScript, _ bool, args []string) {
	token, err := w.server.Assertion(emulator.AssertionOptions{Issuer: "kubernetes"})
	ts.Check(err)
	at := func(name ...string) string { return filepath.Join(append(args[:1:1], name...)...) }
	ts.Check(os.Mkdir(at("..2"), 0o700))
	ts.Check(os.WriteFile(at("..2", "azure-identity-token"), []byte(token+"\n"), 0o600))
	ts.Check(os.Symlink("..2", at("..new")))
	ts.Check(os.Rename(at("..new"), at("..data")))
	ts.Check(os.RemoveAll(at("..1")))
}

// asked N REGEXP checks the number of the last run's requests whose query matches.
func (w *world) asked(ts *testscript.TestScript, not bool, args []string) {
	n, matches := 0, regexp.MustCompile(args[1])
	for _, r := range w.last.requests {
		if matches.MatchString(r.Query) {
			n++
		}
	}
	if (n == number(ts, args[0])) == not {
		ts.Fatalf("%d requests of:\n%s", n, describe(w.last))
	}
}

// clouds lists the authorities of other clouds and a private server. The emulator
// stands in for them behind a proxy.
func clouds() []string {
	return []string{"login.microsoftonline.us", "login.partner.microsoftonline.cn", "tfs.fabrikam.example"}
}

// cloud HOST makes HOST the authority, reached through a proxy.
func (w *world) cloud(ts *testscript.TestScript, not bool, args []string) {
	w.inputs["authority-host"] = "https://" + args[0]
	w.behind(ts, not, args)
}

// behind HOST starts a proxy that connects to the emulator instead of HOST.
func (w *world) behind(ts *testscript.TestScript, _ bool, args []string) {
	w.proxy = &proxy{leads: map[string]string{args[0] + ":443": strings.TrimPrefix(w.server.URL(), "https://")}}
	server := httptest.NewServer(w.proxy)
	ts.Defer(server.Close)
	ts.Setenv("PROXY", strings.TrimPrefix(server.URL, "http://"))
	w.set(ts, false, []string{"HTTPS_PROXY", server.URL})
	w.set(ts, false, []string{"NO_PROXY", "127.0.0.1"})
}
