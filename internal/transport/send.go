package transport

import (
	"io"
	"net/http"
)

// send sends an attempt and turns whatever came back into a value the caller
// asked for or a *failure, and tells the gate what the answer says about load. It
// reads the body, because an answer that broke off must be asked for again.
func (t *Transport) send(r *http.Request, x *exchange) error {
	ctx, sent := watch(r.Context())
	resp, err := t.roundTrip(r.WithContext(ctx), x.call.Metadata)
	if err != nil {
		return t.unreached(ctx, x.what, err, sent.Load(), x.secret)
	}
	defer resp.Body.Close()
	var text []byte
	if !isSuccess(resp.StatusCode) {
		text, err = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	}
	if why := ended(ctx); why != nil {
		return t.unreached(ctx, x.what, why, sent.Load(), x.secret)
	}
	x.reply = Reply{Status: resp.StatusCode, Header: resp.Header, RequestID: requestID(resp.Header, x.secret), Issuer: issuerOf(resp.TLS)}
	t.slowDown(r, resp)
	f := x.understand(resp, text, err != nil)
	switch why := ended(ctx); {
	case f == nil:
		return nil
	case why != nil && f.again == repeatable:
		return t.unreached(ctx, x.what, why, true, x.secret)
	}
	return f
}

// understand reads the answer, of which that of a refusal has been read; broken
// says that it broke off.
func (x *exchange) understand(resp *http.Response, text []byte, broken bool) *failure {
	if isSuccess(resp.StatusCode) {
		return x.read(resp)
	}
	return x.refused(resp, text, broken)
}

// slowDown shuts the gate where a success or a refusal for too much load asks for it.
// The wait that goes with a 503 is its own request's alone.
func (t *Transport) slowDown(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusUnauthorized {
		d, header := asked(resp.Header)
		t.gate.shut(d, req.URL.Host+" asks for less load ("+header+")")
	}
}

// isSuccess: a 203 is what Azure DevOps answers to an expired token.
func isSuccess(status int) bool {
	return status >= 200 && status <= 299 && status != http.StatusNonAuthoritativeInfo
}
