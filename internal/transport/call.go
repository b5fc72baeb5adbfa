package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// Call is one request to a service.
type Call struct {
	Method string
	URL    *url.URL    // complete, with its query
	Header http.Header // in addition to Accept, Authorization, Content-Type and User-Agent
	Body   any         // sent as JSON; nil means no body
	Form   url.Values  // sent as a form instead of Body; may be nil
	// Secrets are values in Header and Form that no error may repeat. Those in the
	// Authorization header are added automatically.
	Secrets []string
	// Once marks a call whose effect must not be repeated blindly, such as a mint.
	// It is repeated only if it certainly had no effect: after a 429, or if no
	// connection was made.
	Once bool
	// Refused interprets responses that are not a success, or that are a web page,
	// for the service that was called. If nil, only the status counts.
	Refused func(Answer) *fault.Error
	// Empty allows a success without a body. A body that contains an error is still
	// not a success.
	Empty bool
	// Otherwise returns another way to address a service that rejects the current
	// one: a function that changes addresses, or nil. The call is then repeated
	// once, immediately, and later calls of the Caller to the same host are changed
	// in the same way.
	Otherwise func(Answer) func(*url.URL) *url.URL
	// Again lists additional statuses after which the call is repeated.
	Again []int
	// Limit is the timeout of each attempt; 0 means none.
	Limit time.Duration
	// Metadata marks a call to the metadata endpoint of a machine. Only such a call
	// may be made without TLS, and only to the machine's own addresses.
	Metadata bool
	// Bounds limit a [List]; the zero value means the defaults.
	Bounds Bounds
}

// Refuser is implemented by responses that can contain an error, whatever their
// status. A nil result means success.
type Refuser interface {
	Refused(Answer) *fault.Error
}

// Reply describes a response apart from its body.
type Reply struct {
	Status    int
	Header    http.Header
	RequestID string // the service's request or activity id, or ""
	Issuer    string // issuer of the service's certificate
}

// Date returns the time according to the service's clock when it answered, or zero.
func (r Reply) Date() time.Time { return dateOf(r.Header) }

// Bad returns the error for a response that arrived complete but does not match the
// documentation. The call may have had its effect.
func (r Reply) Bad(format string, args ...any) *fault.Error {
	f := fault.New(fault.BadResponse, format, args...)
	f.Status, f.RequestID, f.Date, f.MaybeDone = r.Status, r.RequestID, r.Date(), true
	return f
}

// Caller makes calls that share one way to authorize them. It is safe for concurrent
// use.
type Caller struct {
	t        *Transport
	learned  *learned
	header   Authorize
	forms    *lastForms
	accepted *acceptedCalls // nil if a rejected credential is reported immediately
}

// Patiently returns a Caller for runs of thousands of calls. It does not count a
// response that asks it to wait (429 with a time) as an attempt, and waits for as
// long as the context allows: among so many calls, some are throttled more often
// than MaxAttempts. It also checks again if a credential is rejected that was
// accepted for the same kind of call before.
func (c *Caller) Patiently() *Caller {
	patient := *c
	patient.accepted = new(acceptedCalls)
	return &patient
}

// NewCaller returns a Caller that uses t. With a nil Authorize it sends no
// credential.
func NewCaller(t *Transport, a Authorize) *Caller {
	return &Caller{t: t, header: a, forms: new(lastForms), learned: new(learned)}
}

// Do makes a call and decodes the JSON of a 2xx response into the value that into
// points to. If that value is a [Refuser], it decides whether the call failed. With
// a nil into, the response may be empty and its content is ignored. Every failure is
// a *[fault.Error]. The Reply describes the last response, if there was one.
func (c *Caller) Do(ctx context.Context, call Call, into any) (Reply, error) {
	return c.send(ctx, call, func(b body) *failure { return b.object(into) })
}

// exchange is a call in progress.
type exchange struct {
	call    Call
	request *http.Request // every attempt sends a copy of it
	payload []byte
	what    string // method and address, for errors
	always  forms  // secrets in every attempt
	secret  forms  // these, and those in the attempt's Authorization header
	header  string // the attempt's Authorization header
	reader  func(body) *failure
	reply   Reply
	changed bool // the address was changed by Otherwise
}

func (c *Caller) send(ctx context.Context, call Call, reader func(body) *failure) (Reply, error) {
	if call.Otherwise != nil && call.URL != nil {
		call.URL = c.learned.change(call.URL)
	}
	x := &exchange{call: call, reader: reader}
	if err := x.prepare(ctx); err != nil {
		return Reply{}, err
	}
	err := c.retry(ctx, x)
	return x.reply, err
}

func (x *exchange) prepare(ctx context.Context) error {
	u := x.call.URL
	if u == nil || u.Host == "" || u.Scheme != "https" && !isMetadata(x.call.Metadata, u) {
		return fault.New(fault.InvalidInput, "only complete https URLs can be called")
	}
	var err error
	x.request, err = http.NewRequestWithContext(ctx, x.call.Method, u.String(), http.NoBody)
	if err != nil {
		return fault.New(fault.InvalidInput, "%q is not an HTTP method", x.call.Method)
	}
	x.what = describe(x.request)
	x.always = formsOf(x.call.Secrets...)
	x.secret = x.always
	x.request.Header.Set("Accept", "application/json")
	maps.Copy(x.request.Header, x.call.Header)
	return x.encode()
}

// encode writes the request body.
func (x *exchange) encode() (err error) {
	switch {
	case x.call.Form != nil:
		x.payload = []byte(x.call.Form.Encode())
		x.request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case x.call.Body != nil:
		if x.payload, err = json.Marshal(x.call.Body); err != nil {
			return fault.New(fault.InvalidInput, "encode the request: %w", err)
		}
		x.request.Header.Set("Content-Type", "application/json")
	}
	return nil
}

// attempt returns a new copy of the request. Each has its own body, because net/http
// may still be reading the previous one.
func (x *exchange) attempt(ctx context.Context) *http.Request {
	r := x.request.Clone(ctx)
	if x.payload != nil {
		r.ContentLength = int64(len(x.payload))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.payload)), nil }
		r.Body, _ = r.GetBody()
	}
	return r
}

// describe names a request without its query, which may contain private data.
func describe(r *http.Request) string {
	return r.Method + " " + r.URL.Host + short(r.URL.EscapedPath())
}
