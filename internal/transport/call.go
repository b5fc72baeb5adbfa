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
	URL    string      // complete, with its query
	Header http.Header // besides Accept, Authorization, Content-Type and User-Agent
	Body   any         // sent as JSON; nil is no body
	// Once marks an effect that must not be repeated blindly, such as a mint.
	// It is tried again only where it certainly did not happen: after a 429,
	// and where no connection was made.
	Once bool
	// NotFound is what a 404 means that says no more; "" is resource-not-found.
	NotFound fault.Code
	// NoService is what a 404 means that is a web page: nobody of the service's
	// own answered at this address. "" is NotFound.
	NoService fault.Code
}

// Reply is what is known of an answer besides its body.
type Reply struct {
	Status    int
	Header    http.Header
	RequestID string // the service's request or activity id, or ""
	Issuer    string // who issued the service's certificate
}

// Date is what the service's clock showed when it answered, or zero.
func (r Reply) Date() time.Time { return dateOf(r.Header) }

// Caller makes calls with one way to authorize them. It is safe for use by
// several goroutines.
type Caller struct {
	t       *Transport
	header  Authorize
	forms   *lastForms
	patient bool
}

// Patiently returns a Caller for runs of thousands of calls. To it, an answer
// that says "not now, but then" (429 with a wait) is no attempt: it waits for as
// long as the context has time. Of so many calls, some will be told so more
// often than MaxAttempts.
func (c *Caller) Patiently() *Caller {
	patient := *c
	patient.patient = true
	return &patient
}

// NewCaller returns a Caller over t. A nil Authorize sends no credential.
func NewCaller(t *Transport, a Authorize) *Caller {
	return &Caller{t: t, header: a, forms: new(lastForms)}
}

// Do makes a call and decodes the JSON of a 2xx into the value into points to.
// A nil into takes an empty answer, too, and ignores what it says. Whatever is not a success is a
// *[fault.Error]; the Reply is that of the last answer, if there was one.
func (c *Caller) Do(ctx context.Context, call Call, into any) (Reply, error) {
	return c.send(ctx, call, func(b body) *failure { return b.object(into) })
}

// exchange is a call on its way.
type exchange struct {
	call    Call
	request *http.Request // of which every attempt sends a copy
	payload []byte
	what    string // method and address, for errors
	secret  forms  // of the attempt's Authorization header
	reader  func(body) *failure
	reply   Reply
}

func (c *Caller) send(ctx context.Context, call Call, reader func(body) *failure) (Reply, error) {
	x := &exchange{call: call, reader: reader}
	if err := x.prepare(ctx); err != nil {
		return Reply{}, err
	}
	err := c.persist(ctx, x)
	return x.reply, err
}

func (x *exchange) prepare(ctx context.Context) error {
	u, err := url.Parse(x.call.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return fault.New(fault.InvalidInput, "only complete https URLs can be called")
	}
	x.request, err = http.NewRequestWithContext(ctx, x.call.Method, x.call.URL, http.NoBody)
	if err != nil {
		return fault.New(fault.InvalidInput, "%q is not a method of HTTP", x.call.Method)
	}
	x.what = describe(x.request)
	x.request.Header.Set("Accept", "application/json")
	maps.Copy(x.request.Header, x.call.Header)
	if x.call.Body == nil {
		return nil
	}
	if x.payload, err = json.Marshal(x.call.Body); err != nil {
		return fault.New(fault.InvalidInput, "encode the request: %w", err)
	}
	x.request.Header.Set("Content-Type", "application/json")
	return nil
}

// attempt is the request to be sent once more. Each has a body of its own:
// net/http may still read that of the last one.
func (x *exchange) attempt(ctx context.Context) *http.Request {
	r := x.request.Clone(ctx)
	if x.payload != nil {
		r.ContentLength = int64(len(x.payload))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.payload)), nil }
		r.Body, _ = r.GetBody()
	}
	return r
}

// describe names a request without its query, which may hold what is nobody's
// business.
func describe(r *http.Request) string {
	return r.Method + " " + r.URL.Host + short(r.URL.EscapedPath())
}
