package transport

import (
	"context"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/fault"
)

// Authorize returns the value of the Authorization header. It is called before every
// attempt, from several goroutines, and may cache. If it fails, the call fails with
// [Unsent].
type Authorize func(ctx context.Context) (header string, err error)

// Unsent is the error of a call that was never sent because its credential could not
// be obtained. The fault in it is about the source of credentials: a 404 from there
// does not mean that the target of the call is missing.
type Unsent struct{ Err error }

func (u *Unsent) Error() string { return u.Err.Error() }

// Unwrap returns the fault, for errors.As.
func (u *Unsent) Unwrap() error { return u.Err }

// authorize adds the credential to an attempt and remembers its forms, because no
// error may repeat it.
func (c *Caller) authorize(r *http.Request, x *exchange) error {
	if c.header == nil {
		return nil
	}
	header, err := c.header(r.Context())
	if err != nil {
		return &Unsent{err}
	}
	if strings.ContainsAny(header, "\r\n\x00") {
		return fault.New(fault.InvalidInput, "the credential contains a line break").
			With("store the credential again, without any line break")
	}
	if header != "" {
		x.header, x.secret = header, append(c.forms.of(header), x.always...)
		r.Header.Set("Authorization", header)
	}
	return nil
}

// acceptedCalls remembers which credentials were accepted for which kinds of calls. When
// Azure DevOps throttles, it answers 203 with a sign-in page, as for an unknown
// credential.
type acceptedCalls struct {
	mu    sync.Mutex
	kinds map[string]bool
}

// kind identifies calls of the same kind: same credential, method, and address
// except for the last segment.
func (x *exchange) kind() string {
	return x.header + "\n" + x.call.Method + " " + x.call.URL.Host + path.Dir(x.call.URL.EscapedPath())
}

func (a *acceptedCalls) note(x *exchange) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kinds == nil {
		a.kinds = map[string]bool{}
	}
	a.kinds[x.kind()] = true
}

func (a *acceptedCalls) has(x *exchange) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kinds[x.kind()]
}
