package transport

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"azstep/internal/fault"
)

// again says which calls may be tried once more after a failure.
type again int

const (
	never      again = iota // a repeat would bring the same
	repeatable              // calls that do no harm when done twice
	anyway                  // every call: this one certainly had no effect
)

// failure is how one attempt ended. It stays within the pipeline.
type failure struct {
	fault *fault.Error
	again again
}

func (f *failure) Error() string { return f.fault.Error() }

// answerPolicy is the innermost policy of ours. It turns whatever came back
// into a value the caller asked for or a *failure, and tells the gate what the
// answer says about load. It reads the body, because an answer that broke off
// must be asked for again.
type answerPolicy struct{ t *Transport }

func (p answerPolicy) Do(req *policy.Request) (*http.Response, error) {
	x := of(req)
	ctx, sent := watch(req.Raw().Context())
	resp, err := req.Clone(ctx).Next()
	if resp != nil {
		defer closeBody(resp.Body)
	}
	if resp == nil || ended(ctx) != nil {
		return nil, unreached(ctx, x.what, err, sent.Load(), x.secret)
	}
	x.reply = Reply{Status: resp.StatusCode, Header: resp.Header, RequestID: requestID(resp.Header, x.secret)}
	p.slowDown(req.Raw(), resp)
	if f := x.understand(resp, err != nil); f != nil {
		if why := ended(ctx); why != nil && f.again == repeatable {
			return nil, unreached(ctx, x.what, why, true, x.secret)
		}
		return nil, f
	}
	return resp, nil
}

// slowDown shuts the gate where a success or a 429 asks for it. The wait that
// goes with a 503 is its own request's alone.
func (p answerPolicy) slowDown(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 || resp.StatusCode == http.StatusTooManyRequests {
		d, header := asked(resp.Header)
		p.t.gate.shut(d, req.URL.Host+" asks for less load ("+header+")")
	}
}

// understand reads the answer; broken says that the body of a refusal broke off.
func (x *exchange) understand(resp *http.Response, broken bool) *failure {
	if isSuccess(resp.StatusCode) {
		return x.read(resp)
	}
	return x.refused(resp, broken)
}

// isSuccess: a 203 is what Azure DevOps answers to an expired token.
func isSuccess(status int) bool {
	return status >= 200 && status <= 299 && status != http.StatusNonAuthoritativeInfo
}
