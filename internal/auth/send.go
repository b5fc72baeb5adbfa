package auth

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

const maxAnswer = 1 << 20 // bytes; a token with its frame stays below 64 KiB

// courier carries the requests of one fetch: it repeats what may be repeated,
// follows no redirect, bounds the answers, and remembers how the last request
// ended, because the libraries' errors do not say.
type courier struct {
	wire    Wire
	only    string // the one origin (https://host) that may be asked, or "" for any
	also    []int  // further statuses that are worth another attempt
	status  int    // of the last answer, or 0
	failure error  // of the last request, or nil
}

// client is an HTTP client that sends through the courier.
func (c *courier) client() *http.Client {
	return &http.Client{Transport: c, CheckRedirect: stay}
}

// stay leaves redirects to be looked at: an assertion or a secret must not
// travel on to wherever an answer points.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// RoundTrip sends a request, several times if need be. Asking for a token
// changes nothing, so that every request may be repeated.
func (c *courier) RoundTrip(req *http.Request) (*http.Response, error) {
	if origin := req.URL.Scheme + "://" + req.URL.Host; c.only != "" && !strings.EqualFold(origin, c.only) {
		c.failure = fault.New(fault.BadResponse, "refused to send anything to %s: only %s may be asked", clean(origin), c.only)
		return nil, c.failure
	}
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		resp, err := c.send(req, body)
		why := c.transient(req.Context(), resp, err)
		wait := waitFor(resp, attempt, time.Now())
		if why == "" || attempt >= c.wire.MaxAttempts || !fits(req.Context(), wait) {
			return resp, err
		}
		c.wire.Log("waiting %s before attempt %d of %d: %s: %s", wait.Round(time.Millisecond), attempt+1, c.wire.MaxAttempts, req.URL.Host, why)
		if err := pause(req.Context(), wait); err != nil {
			c.failure = err
			return nil, err
		}
	}
}

// send sends the request once and reads the whole answer, so that an answer
// that breaks off counts as a broken connection.
func (c *courier) send(req *http.Request, body []byte) (*http.Response, error) {
	again := req.Clone(req.Context())
	again.Body, again.GetBody = http.NoBody, nil
	if len(body) > 0 {
		again.Body = io.NopCloser(bytes.NewReader(body))
	}
	once := *c.wire.Client
	once.CheckRedirect = stay
	resp, err := once.Do(again)
	if err == nil {
		err = buffer(resp)
	}
	c.status, c.failure = 0, err
	if err != nil {
		return nil, err
	}
	c.status = resp.StatusCode
	return resp, nil
}

// buffer replaces the answer's body by what it holds, up to maxAnswer.
func buffer(resp *http.Response) error {
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return err
}

// transient says why another attempt may end otherwise, or "".
func (c *courier) transient(ctx context.Context, resp *http.Response, err error) string {
	switch {
	case ctx.Err() != nil:
		return ""
	case err != nil && isConnection(err):
		return "connection failed: " + clean(bare(err).Error())
	case err != nil:
		return ""
	case isBusy(resp.StatusCode) || slices.Contains(c.also, resp.StatusCode):
		return fmt.Sprintf("HTTP %d", resp.StatusCode)
	}
	return ""
}

// isBusy are the statuses that promise another answer at another time.
func isBusy(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}
