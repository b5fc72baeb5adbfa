package transport

import (
	"context"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"azstep/internal/fault"
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

type authorizePolicy struct {
	get   Authorize
	forms *lastForms
}

func (p authorizePolicy) Do(req *policy.Request) (*http.Response, error) {
	if p.get == nil {
		return req.Next()
	}
	header, err := p.get(req.Raw().Context())
	if err != nil {
		return nil, &Unsent{err}
	}
	if strings.ContainsAny(header, "\r\n\x00") {
		return nil, fault.New(fault.InvalidInput, "the credential holds a line break").
			With("store the credential without the line break at its end or within it")
	}
	if header != "" {
		of(req).secret = p.forms.of(header)
		req.Raw().Header.Set("Authorization", header)
	}
	return req.Next()
}
