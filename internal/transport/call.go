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
	Header http.Header // besides Accept, Authorization, Content-Type and User-Agent
	Body   any         // sent as JSON; nil is no body
	Form   url.Values  // sent as a form in the place of Body; nil is none
	// Secrets are values in Header and Form that no error may repeat. Those of the
	// Authorization header are known without that.
	Secrets []string
	// Once marks an effect that must not be repeated blindly, such as a mint.
	// It is tried again only where it certainly did not happen: after a 429,
	// and where no connection was made.
	Once bool
	// Refused says what an answer that is no success, or a web page in the place of
	// one, means to the service that was called. Nil leaves it to the status.
	Refused func(Answer) *fault.Error
	// Empty says that a success may have no body. One that has an error in it is none.
	Empty bool
	// Otherwise says how to ask a service that refuses the way in which it was asked: a
	// change of addresses, or nil. The call is then sent once more, at once, and later
	// calls of the Caller to the same host are changed like it.
	Otherwise func(Answer) func(*url.URL) *url.URL
	// Again are further statuses that a later attempt may not get.
	Again []int
	// Limit bounds each attempt; 0 is no bound of its own.
	Limit time.Duration
	// Metadata marks a call to the metadata endpoint of a machine, the only one that
	// may go without TLS, and not beyond the machine's own addresses.
	Metadata bool
	// Bounds are those of a [List]; the zero value has the defaults.
	Bounds Bounds
}

// Refuser is what an answer is decoded into that may say no, whatever its status. Nil
// is yes.
type Refuser interface {
	Refused(Answer) *fault.Error
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

// Bad is the fault of an answer that came whole and is not what is documented.
// The call may have had its effect.
func (r Reply) Bad(format string, args ...any) *fault.Error {
	f := fault.New(fault.BadResponse, format, args...)
	f.Status, f.RequestID, f.Date, f.MaybeDone = r.Status, r.RequestID, r.Date(), true
	return f
}

// Caller makes calls with one way to authorize them. It is safe for use by
// several goroutines.
type Caller struct {
	t        *Transport
	learned  *learned
	header   Authorize
	forms    *lastForms
	accepted *accepted // nil where a refusal of the credential is believed at once
}

// Patiently returns a Caller for runs of thousands of calls. To it, an answer
// that says "not now, but then" (429 with a wait) is no attempt: it waits for as
// long as the context has time. Of so many calls, some will be told so more
// often than MaxAttempts. Nor does it believe at once that a credential is
// refused which the same kind of call was accepted with before.
func (c *Caller) Patiently() *Caller {
	patient := *c
	patient.accepted = new(accepted)
	return &patient
}

// NewCaller returns a Caller over t. A nil Authorize sends no credential.
func NewCaller(t *Transport, a Authorize) *Caller {
	return &Caller{t: t, header: a, forms: new(lastForms), learned: new(learned)}
}

// Do makes a call and decodes the JSON of a 2xx into the value into points to, which
// is asked whether it is a refusal if it is a [Refuser]. A nil into takes an empty
// answer, too, and ignores what it says. Whatever is not a success is a
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
	always  forms  // of what every attempt holds
	secret  forms  // these, and those of the attempt's Authorization header
	header  string // the attempt's Authorization header
	reader  func(body) *failure
	reply   Reply
	changed bool // it is asked otherwise than at first
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
		return fault.New(fault.InvalidInput, "%q is not a method of HTTP", x.call.Method)
	}
	x.what = describe(x.request)
	x.always = formsOf(x.call.Secrets...)
	x.secret = x.always
	x.request.Header.Set("Accept", "application/json")
	maps.Copy(x.request.Header, x.call.Header)
	return x.encode()
}

// encode writes the body of the request.
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
