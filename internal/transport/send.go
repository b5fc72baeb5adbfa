package transport

import (
	"io"
	"net/http"
)

// send sends an attempt and returns the value that the caller asked for, or a
// *failure. It tells the throttle what the response says about load. It reads the body,
// because the request must be repeated if the response broke off.
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

// understand interprets the response. The body of a refusal has already been read;
// broken says that it broke off.
func (x *exchange) understand(resp *http.Response, text []byte, broken bool) *failure {
	if isSuccess(resp.StatusCode) {
		return x.read(resp)
	}
	return x.refused(resp, text, broken)
}

// slowDown starts the throttle if a success, or a refusal because of too much load, asks
// for it. The wait in a 503 concerns only its own request.
func (t *Transport) slowDown(req *http.Request, resp *http.Response) {
	if resp.StatusCode < 300 || resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusUnauthorized {
		d, header := asked(resp.Header)
		t.throttle.delay(d, req.URL.Host+" asked for fewer requests ("+header+")")
	}
}

// isSuccess excludes 203, which Azure DevOps returns for an expired token.
func isSuccess(status int) bool {
	return status >= 200 && status <= 299 && status != http.StatusNonAuthoritativeInfo
}
