package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// Caller makes calls to a service: [transport.Caller].
type Caller = transport.Caller

// suppress makes Azure DevOps answer 401 instead of redirecting to a sign-in page
// (azure-devops-go-api client.go sends it with every call).
var suppress = http.Header{"X-Tfs-Fedauthredirect": {"Suppress"}}

// devops returns a call to Azure DevOps with the given API version. missing is the
// code for a 404 without further details.
func devops(method string, base *url.URL, version string, missing fault.Code, query url.Values, segments ...string) transport.Call {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", version)
	u := join(base, segments...)
	u.RawQuery = query.Encode()
	return transport.Call{Method: method, URL: u, Header: suppress.Clone(), Refused: refusedOr(missing), Otherwise: olderVersion}
}

// listed holds the members beside the elements of an Azure DevOps list.
type listed struct {
	Continuation string `json:"continuationToken"`
}

// next returns the token of the next page, from the body or a header, or "".
func (l listed) next(r transport.Reply) string {
	if l.Continuation != "" {
		return l.Continuation
	}
	return r.Header.Get("X-MS-ContinuationToken")
}

// weighed is an element of a list that knows how much memory its text needs, in
// bytes.
type weighed interface{ weight() int }

// Limits on what callers keep of one list, over all its pages. A service that sends
// more is broken or malicious: some kilobytes of gzip can expand to gigabytes of
// elements.
const (
	maxKept = 24 << 20
	perItem = 128 // bytes for an element in addition to its text
)

// pages yields the elements of a list over all its pages. page reads the one
// that a continuation token names, hands each element over, and returns the
// next page's token, or "" at the end. It is not inlined, because every loop
// over a list would be a copy of it in the binary.
//
//go:noinline
func pages[T weighed](ctx context.Context, page func(ctx context.Context, token string, each func(T) error) (next string, err error)) func(func(T, error) bool) {
	return func(yield func(T, error) bool) {
		kept := 0
		for token := ""; ; {
			next, err := page(ctx, token, func(item T) error {
				if kept += perItem + item.weight(); kept > maxKept {
					return fault.New(fault.BadResponse, "the list is larger than azstep accepts")
				}
				if !yield(item, nil) {
					return errStop
				}
				return nil
			})
			switch {
			case errors.Is(err, errStop):
				return
			case err == nil && next != "" && next == token:
				err = fault.New(fault.BadResponse, "the service returned the same page twice")
			}
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			if token = next; token == "" {
				return
			}
		}
	}
}

// answered reports whether err comes from the service that was called, rather than
// from the source of the credential.
func answered(err error) bool {
	var unsent *transport.Unsent
	return err != nil && !errors.As(err, &unsent)
}

// says is fault.Is for errors that come from the service itself.
func says(err error, code fault.Code) bool { return answered(err) && fault.Is(err, code) }

func saysAny(err error, codes ...fault.Code) bool {
	return slices.ContainsFunc(codes, func(code fault.Code) bool { return says(err, code) })
}

// ended checks that the response proves a revocation: 200 or 204. Any other success
// means that something is still to be done, or that nothing was done.
func ended(call transport.Call, reply transport.Reply) error {
	if reply.Status == http.StatusOK || reply.Status == http.StatusNoContent {
		return nil
	}
	return &fault.Error{Code: fault.BadResponse, MaybeDone: true, Status: reply.Status, RequestID: reply.RequestID, Date: reply.Date(),
		Err: fmt.Errorf("%s: HTTP %d %s does not confirm the revocation", call.Method, reply.Status, http.StatusText(reply.Status))}
}

// errStop ends a list whose consumer has seen enough.
var errStop = fault.New(fault.Cancelled, "enough was read")

// stopOr adds what was being done to the error, unless the consumer stopped the
// list.
func stopOr(err error, doing string, explain func(error) error) error {
	if err == nil || errors.Is(err, errStop) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, explain(err))
}
