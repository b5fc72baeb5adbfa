package transport

import (
	"context"
	"net/http"
	"strings"

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
		x.secret = c.forms.of(header)
		r.Header.Set("Authorization", header)
	}
	return nil
}
