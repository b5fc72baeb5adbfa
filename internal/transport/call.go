package transport

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"azstep/internal/fault"
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
}

// Caller makes calls with one way to authorize them. It is safe for use by
// several goroutines.
type Caller struct {
	pipeline runtime.Pipeline
	patient  bool
}

// Patiently returns a Caller for runs of thousands of calls. To it, an answer
// that says "not now, but then" (429 with a wait) is no attempt: it waits for as
// long as the context has time. Of so many calls, some will be told so more
// often than MaxAttempts.
func (c *Caller) Patiently() *Caller { return &Caller{c.pipeline, true} }

// NewCaller returns a Caller over t. A nil Authorize sends no credential.
func NewCaller(t *Transport, a Authorize) *Caller {
	// Ours all stand before azcore's own retry policy, which is switched off:
	// it would put a bare context error in the place of what they know.
	ours := []policy.Policy{retryPolicy{t}, gatePolicy{t}, authorizePolicy{a, new(lastForms)}, answerPolicy{t}}
	return &Caller{pipeline: runtime.NewPipeline("azstep", "v1", runtime.PipelineOptions{PerCall: ours}, &policy.ClientOptions{
		Transport: sender{t},
		Retry:     policy.RetryOptions{MaxRetries: -1},
		Telemetry: policy.TelemetryOptions{Disabled: true}, // the User-Agent is azstep's
	})}
}

// Do makes a call and decodes the JSON of a 2xx into the value into points to.
// A nil into takes an empty answer, too, and ignores what it says. Whatever is not a success is a
// *[fault.Error]; the Reply is that of the last answer, if there was one.
func (c *Caller) Do(ctx context.Context, call Call, into any) (Reply, error) {
	return c.send(ctx, call, func(b body) *failure { return b.object(into) })
}

// exchange is a call on its way through the pipeline.
type exchange struct {
	call    Call
	patient bool // see [Caller.Patiently]
	payload []byte
	what    string // method and address, for errors
	secret  forms  // of the attempt's Authorization header
	reader  func(body) *failure
	reply   Reply
}

func of(req *policy.Request) *exchange {
	var x *exchange
	req.OperationValue(&x)
	return x
}

func (c *Caller) send(ctx context.Context, call Call, reader func(body) *failure) (Reply, error) {
	x := &exchange{call: call, patient: c.patient, reader: reader}
	req, err := x.request(ctx)
	if err != nil {
		return Reply{}, err
	}
	_, err = c.pipeline.Do(req) //nolint:bodyclose // the answer policy reads and closes it
	return x.reply, err
}

func (x *exchange) request(ctx context.Context) (*policy.Request, error) {
	u, err := url.Parse(x.call.URL)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return nil, fault.New(fault.InvalidInput, "only complete https URLs can be called")
	}
	req, err := runtime.NewRequest(ctx, x.call.Method, x.call.URL)
	if err != nil {
		return nil, fault.New(fault.InvalidInput, "%q is not a method of HTTP", x.call.Method)
	}
	if x.call.Body != nil {
		if x.payload, err = json.Marshal(x.call.Body); err != nil {
			return nil, fault.New(fault.InvalidInput, "encode the request: %w", err)
		}
	}
	header := req.Raw().Header
	header.Set("Accept", "application/json")
	maps.Copy(header, x.call.Header.Clone())
	x.what = describe(req.Raw())
	req.SetOperationValue(x)
	runtime.SkipBodyDownload(req) // the answer policy reads it, within its caps
	return req, nil
}

// describe names a request without its query, which may hold what is nobody's
// business.
func describe(r *http.Request) string {
	return r.Method + " " + r.URL.Host + short(r.URL.EscapedPath())
}

// sender is the end of the pipeline. It cuts the body of a refusal short,
// because azcore reads that to its end.
type sender struct{ t *Transport }

func (s sender) Do(r *http.Request) (*http.Response, error) {
	resp, err := s.t.roundTrip(r)
	if err == nil && !isSuccess(resp.StatusCode) {
		resp.Body = cut{io.LimitReader(resp.Body, maxRefusal), resp.Body}
	}
	return resp, err
}

// cut ends a body early.
type cut struct {
	io.Reader
	io.Closer
}
