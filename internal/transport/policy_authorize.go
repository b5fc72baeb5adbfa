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
// ends the call as it is.
type Authorize func(ctx context.Context) (header string, err error)

type authorizePolicy struct{ get Authorize }

func (p authorizePolicy) Do(req *policy.Request) (*http.Response, error) {
	if p.get == nil {
		return req.Next()
	}
	header, err := p.get(req.Raw().Context())
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(header, "\r\n\x00") {
		return nil, fault.New(fault.InvalidInput, "the credential holds a line break").
			With("store the credential without the line break at its end or within it")
	}
	if header != "" {
		of(req).secret = formsOf(header)
		req.Raw().Header.Set("Authorization", header)
	}
	return req.Next()
}
