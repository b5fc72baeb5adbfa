package transport

import (
	"context"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/fault"
)

// Authorize gives the value of the Authorization header. It is asked before
// every attempt, from several goroutines, and caches as it sees fit. Its error
// ends the call, as [Unsent].
type Authorize func(ctx context.Context) (header string, err error)

// Unsent is the error of a call that never left, because its credential could
// not be got. The fault in it is the word of whoever gives credentials: a 404
// there does not mean that what was called for is missing.
type Unsent struct{ Err error }

func (u *Unsent) Error() string { return u.Err.Error() }

// Unwrap gives errors.As the fault.
func (u *Unsent) Unwrap() error { return u.Err }

// authorize puts the credential into an attempt, and notes its forms: no error
// may repeat it.
func (c *Caller) authorize(r *http.Request, x *exchange) error {
	if c.header == nil {
		return nil
	}
	header, err := c.header(r.Context())
	if err != nil {
		return &Unsent{err}
	}
	if strings.ContainsAny(header, "\r\n\x00") {
		return fault.New(fault.InvalidInput, "the credential holds a line break").
			With("store the credential without the line break at its end or within it")
	}
	if header != "" {
		x.header, x.secret = header, append(c.forms.of(header), x.always...)
		r.Header.Set("Authorization", header)
	}
	return nil
}

// accepted remembers with which credential a kind of call was accepted last. An
// Azure DevOps that is throttled answers 203 with a sign-in page as to a credential
// that it does not know.
type accepted struct {
	mu   sync.Mutex
	call string
}

// kind names what calls of the same kind have in common: the credential, the
// method, and the address but for its last part.
func (x *exchange) kind() string {
	return x.header + "\n" + x.call.Method + " " + x.call.URL.Host + path.Dir(x.call.URL.EscapedPath())
}

func (a *accepted) note(x *exchange) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.call = x.kind()
}

func (a *accepted) has(x *exchange) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.call != "" && a.call == x.kind()
}
