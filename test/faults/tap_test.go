//go:build unix

package faults

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// tap stands between azstep and the emulator, records every secret that passes, and
// answers as a reflection says.
type tap struct {
	services *emulator.Server
	url      string
	mirror   reflection
	change   func(*answer) *answer // changes an answer; may be nil

	mu      sync.Mutex
	secrets []string
}

// reflection describes a server that repeats what it received. The zero value
// repeats nothing.
type reflection struct {
	name   string
	status int                 // status of a refusal; 0 means the successful answer with secrets in all its texts
	encode func(string) string // how it repeats a secret
}

func reflections() []reflection {
	var all []reflection
	for name, encode := range map[string]func(string) string{
		"plain":     func(s string) string { return s },
		"base64":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64url": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
		"basic":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(":" + s)) },
		"query":     url.QueryEscape,
		"path":      url.PathEscape,
	} {
		for _, status := range []int{0, 400, 401, 403, 404, 500} {
			all = append(all, reflection{name, status, encode})
		}
	}
	slices.SortFunc(all, func(a, b reflection) int { return strings.Compare(a.name, b.name)*1000 + a.status - b.status })
	return all
}

func newTap(t *testing.T, services *emulator.Server) *tap {
	t.Helper()
	own, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{services: services, url: "https://" + listener.Addr().String()}
	server := &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0), TLSConfig: &tls.Config{Certificates: []tls.Certificate{own.right}}}
	go func() { _ = server.ServeTLS(listener, "", "") }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	return p
}

// ServeHTTP lets the emulator answer, and returns the reflection of its answer.
func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // an incomplete body contains no whole secret
	p.keep(sentIn(r, string(body))...)
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := &answer{header: http.Header{}, status: http.StatusOK}
	p.services.ServeHTTP(answer, r)
	p.keep(handedOut(answer.body.Bytes())...)
	if p.mirror.encode != nil {
		answer = p.distort(answer)
	}
	if p.change != nil {
		answer = p.change(answer)
	}
	for name, values := range answer.header {
		w.Header()[name] = values
	}
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.status)
	_, _ = w.Write(answer.body.Bytes())
}

// answer is an answer that is held back.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }

func (p *tap) keep(secrets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= 8 && !slices.Contains(p.secrets, s) {
			p.secrets = append(p.secrets, s)
		}
	}
}

func (p *tap) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.secrets)
}

// sentIn returns the secrets in a request.
func sentIn(r *http.Request, body string) []string {
	header := r.Header.Get("Authorization")
	_, value, _ := strings.Cut(header, " ")
	all := []string{value}
	if strings.HasPrefix(header, "SharedAccessSignature") {
		all = []string{header}
	}
	if user, password, ok := r.BasicAuth(); ok {
		all = []string{password, user}
	}
	if form, err := url.ParseQuery(body); err == nil {
		for _, field := range []string{"client_secret", "refresh_token", "client_assertion", "device_code"} {
			all = append(all, form.Get(field))
		}
	}
	return all
}

// secretField matches a member of an answer whose text is a secret.
var secretField = regexp.MustCompile(`"(token|access_token|refresh_token|id_token|oidcToken|value)":"([^"]*)"`)

func handedOut(body []byte) []string {
	var all []string
	for _, found := range secretField.FindAllSubmatch(body, -1) {
		all = append(all, string(found[2]))
	}
	return all
}

// distort puts the secrets seen so far into an answer.
func (p *tap) distort(right *answer) *answer {
	var said []string
	for _, secret := range p.seen() {
		said = append(said, p.mirror.encode(secret))
	}
	text := strings.Join(said, " ")
	out := &answer{header: right.header, status: right.status}
	if p.mirror.status == 0 && right.status < 300 {
		out.body.Write(infiltrate(right.body.Bytes(), text))
	} else {
		out.status = max(p.mirror.status, 400)
		out.header = http.Header{"Content-Type": {"application/json"}}
		out.body.Write(complaint(text))
	}
	for _, name := range []string{"ActivityId", "X-Ms-Request-Id", "X-Ms-Error-Code", "X-Github-Request-Id", "Www-Authenticate", "X-Vss-E2eid"} {
		out.header.Set(name, text)
	}
	return out
}

// complaint is an error in the forms of all services at the same time.
func complaint(text string) []byte {
	body, _ := json.Marshal(map[string]any{ // strings can always be encoded
		"message": text, "typeKey": text, "patTokenError": text, "patTokenErrorMessage": text,
		"error": map[string]any{"code": text, "message": text, "requestId": text}, "error_description": text, "trace_id": text, "correlation_id": text,
	})
	return body
}

// infiltrate appends the text to every text in an answer that is not itself a
// secret.
func infiltrate(body []byte, text string) []byte {
	quoted, _ := json.Marshal(" " + text) // strings can always be encoded
	member := regexp.MustCompile(`"(name|description|displayName|scope|url|identityUrl|projectName|role)":"[^"]*`)
	return member.ReplaceAllFunc(body, func(found []byte) []byte {
		return append(slices.Clone(found), quoted[1:len(quoted)-1]...)
	})
}
