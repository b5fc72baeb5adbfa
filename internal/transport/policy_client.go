package transport

import (
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"azstep/internal/fault"
)

// Retries is the retry policy for azcore clients that read their answers
// themselves, such as azidentity's credentials: a PerCallPolicy beside
// RetryOptions{MaxRetries: -1} and this Transport. It waits, says so and gives
// up as a [Caller] does. Every request through it must be one that may be
// repeated, which a request for a token is.
func (t *Transport) Retries() policy.Policy { return clientPolicy{retryPolicy{t}} }

type clientPolicy struct{ retry retryPolicy }

func (p clientPolicy) Do(req *policy.Request) (*http.Response, error) {
	for attempt := 1; ; attempt++ {
		if err := req.RewindBody(); err != nil {
			return nil, err
		}
		resp, err := req.Clone(req.Raw().Context()).Next()
		f := passing(req.Raw(), resp, err)
		if f == nil || attempt == p.retry.t.attempts {
			return resp, err
		}
		runtime.Drain(resp)
		if err := p.retry.wait(req.Raw(), f, attempt); err != nil {
			return nil, err
		}
	}
}

// passing is the fault that a later attempt may not meet, or nil.
func passing(r *http.Request, resp *http.Response, err error) *fault.Error {
	if fault.Is(err, fault.Network) {
		return fault.From(err)
	}
	if err != nil || !isRetryStatus(resp.StatusCode) {
		return nil
	}
	refused := refusal{what: describe(r), status: resp.StatusCode, header: resp.Header}
	return refused.fault()
}
