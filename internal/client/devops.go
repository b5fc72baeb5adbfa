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

// Caller carries calls to a service: [transport.Caller].
type Caller = transport.Caller

// suppress asks Azure DevOps to answer 401 rather than redirect to a sign-in
// page (azure-devops-go-api client.go sends it with every call).
var suppress = http.Header{"X-Tfs-Fedauthredirect": {"Suppress"}}

// devops is a call to Azure DevOps in the given version of its API. missing is what a
// 404 means that says no more.
func devops(method string, base *url.URL, version string, missing fault.Code, query url.Values, segments ...string) transport.Call {
	if query == nil {
		query = url.Values{}
	}
	query.Set("api-version", version)
	u := join(base, segments...)
	u.RawQuery = query.Encode()
	return transport.Call{Method: method, URL: u, Header: suppress.Clone(), Refused: refusedOr(missing), Otherwise: olderVersion}
}

// listed are the members beside the elements of a list of Azure DevOps.
type listed struct {
	Continuation string `json:"continuationToken"`
}

// next is the token of the next page, which the body or a header names; "" is none.
func (l listed) next(r transport.Reply) string {
	if l.Continuation != "" {
		return l.Continuation
	}
	return r.Header.Get("X-MS-ContinuationToken")
}

// weighed is an element of a list by what it takes to keep, in bytes of text.
type weighed interface{ weight() int }

// What callers may keep of one list, over all its pages. A service that sends more has
// gone wrong, or means harm: some kilobytes of gzip are gigabytes of elements.
const (
	maxKept = 24 << 20
	perItem = 128 // of an element besides its text
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
					return fault.New(fault.BadResponse, "the list is larger than azstep reads")
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
				err = fault.New(fault.BadResponse, "the service handed out the same page twice")
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

// answered says whether err is the word of the service that was called, rather
// than of whoever was to give the credential for the call.
func answered(err error) bool {
	var unsent *transport.Unsent
	return err != nil && !errors.As(err, &unsent)
}

// says is fault.Is for the service's own word.
func says(err error, code fault.Code) bool { return answered(err) && fault.Is(err, code) }

func saysAny(err error, codes ...fault.Code) bool {
	return slices.ContainsFunc(codes, func(code fault.Code) bool { return says(err, code) })
}

// ended holds the answer to a revocation to what proves one: 200 or 204. Any other
// status of success says that something is still to be done, or nothing at all.
func ended(call transport.Call, reply transport.Reply) error {
	if reply.Status == http.StatusOK || reply.Status == http.StatusNoContent {
		return nil
	}
	return &fault.Error{Code: fault.BadResponse, MaybeDone: true, Status: reply.Status, RequestID: reply.RequestID, Date: reply.Date(),
		Err: fmt.Errorf("%s: HTTP %d %s does not say that it is done", call.Method, reply.Status, http.StatusText(reply.Status))}
}

// errStop is what a list's consumer says that has seen enough.
var errStop = fault.New(fault.Cancelled, "enough was read")

// stopOr says what was being done, unless the consumer merely stopped.
func stopOr(err error, doing string, explain func(error) error) error {
	if err == nil || errors.Is(err, errStop) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, explain(err))
}
