//go:build unix

package acceptance

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// canned is a server that answers with files and records its requests.
type canned struct {
	mu       sync.Mutex
	answers  []answer
	requests []string
}

type answer struct {
	status int
	body   string
}

// serve [STATUS:]FILE... starts a server at $SERVER that gives these answers in
// order, whatever the request.
func (w *world) serve(ts *testscript.TestScript, _ bool, args []string) {
	w.canned = &canned{}
	for _, arg := range args {
		a := answer{status: http.StatusOK}
		if status, file, ok := strings.Cut(arg, ":"); ok {
			a.status, arg = number(ts, status), file
		}
		a.body = ts.ReadFile(arg)
		w.canned.answers = append(w.canned.answers, a)
	}
	server := httptest.NewUnstartedServer(w.canned)
	server.EnableHTTP2 = true
	server.StartTLS()
	ts.Defer(server.Close)
	ca := filepath.Join(w.dir, ".canned-ca.pem")
	ts.Check(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	w.inputs["ca-file"] = ca
	ts.Setenv("SERVER", server.URL)
}

func (c *canned) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, fmt.Sprintf("%s %s\nAuthorization: %s\nAccept: %s\nContent-Type: %s\nUser-Agent: %s\nX-TFS-FedAuthRedirect: %s\n\n%s\n",
		r.Method, r.URL.RequestURI(), kind, r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.UserAgent(), r.Header.Get("X-Tfs-Fedauthredirect"), body))
	if len(c.answers) < len(c.requests) {
		http.Error(w, "there are no more answers", http.StatusTeapot)
		return
	}
	a := c.answers[len(c.requests)-1]
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, a.body)
}

// received N prints the server's Nth request on stdout; ! received N checks that it
// did not arrive.
func (w *world) received(ts *testscript.TestScript, not bool, args []string) {
	w.canned.mu.Lock()
	defer w.canned.mu.Unlock()
	n := number(ts, args[0])
	switch there := n <= len(w.canned.requests); {
	case there == not:
		ts.Fatalf("%d requests:\n%s", len(w.canned.requests), strings.Join(w.canned.requests, "\n"))
	case there:
		_, _ = io.WriteString(ts.Stdout(), w.canned.requests[n-1])
	}
}
