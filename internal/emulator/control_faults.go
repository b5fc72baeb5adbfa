package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// FaultKind is a kind of misbehavior.
type FaultKind string

// The kinds of faults. Those that close a connection close the TCP connection
// without ending TLS or HTTP first.
const (
	Slow         FaultKind = ""              // only Delay and DelayAfter
	Status       FaultKind = "status"        // respond with Status (500), Header and Body
	PATError     FaultKind = "pat-error"     // respond with the patTokenError in Body and Status (200)
	Redirect     FaultKind = "redirect"      // 302 to Header["Location"], by default a host that does not exist
	SignIn203    FaultKind = "sign-in-203"   // a sign-in page with 203
	HTML200      FaultKind = "html-200"      // a sign-in page with 200
	Garbage      FaultKind = "garbage"       // 200, application/json, and bytes that are not JSON
	Hang         FaultKind = "hang"          // never respond
	DropBefore   FaultKind = "drop-before"   // close the connection without handling the request
	DropAfter    FaultKind = "drop-after"    // handle the request, then close the connection without a response
	Cut          FaultKind = "cut"           // handle the request, send half of the response body, close the connection
	Endless      FaultKind = "endless"       // JSON that never ends
	GzipBomb     FaultKind = "gzip-bomb"     // 1 GiB of JSON in about 1 MiB of gzip
	Drip         FaultKind = "drip"          // handle the request, send one byte per Interval (default one second)
	GiantHeaders FaultKind = "giant-headers" // handle the request, send 12 MiB of headers
)

// Fault makes the server misbehave for some later requests. A request meets the
// first fault that matches it and is not used up.
type Fault struct {
	Method string // any if empty
	Host   string // as the client wrote it, including the port; any if empty
	Path   string // a glob for the whole path, where * is any text: "/fabrikam/*"; any if empty
	Skip   int    // number of matching requests that pass first
	Times  int    // number of requests that meet the fault; 0 means 1, -1 means all

	Kind     FaultKind
	Status   int               // for Status and PATError
	Header   map[string]string // added to every response, with Slow as well
	Body     string
	Interval time.Duration // for Drip
	// Effect handles the request and discards its response, for kinds that send a
	// response of their own: the request took effect, but the client is told
	// otherwise.
	Effect     bool
	Delay      time.Duration // before the request is handled, even if its client has disconnected
	DelayAfter time.Duration // after the request is handled, before the response is sent
}

// faultWire is a Fault in JSON, with durations as strings such as "200ms".
type faultWire struct {
	Method, Host, Path          string
	Kind, Body                  string
	Skip, Times, Status         int
	Header                      map[string]string
	Effect                      bool
	Interval, Delay, DelayAfter string
}

// UnmarshalJSON decodes a fault from the body of a control request.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var w faultWire
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a misspelled fault would let a test pass
	if err := d.Decode(&w); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	*f = Fault{
		Method: w.Method, Host: w.Host, Path: w.Path, Skip: w.Skip, Times: w.Times, Kind: FaultKind(w.Kind),
		Status: w.Status, Header: w.Header, Body: w.Body, Effect: w.Effect,
	}
	for _, d := range []struct {
		text string
		into *time.Duration
	}{{w.Interval, &f.Interval}, {w.Delay, &f.Delay}, {w.DelayAfter, &f.DelayAfter}} {
		var err error
		if *d.into, err = time.ParseDuration(cmp.Or(d.text, "0s")); err != nil {
			return fmt.Errorf("fault: %w", err)
		}
	}
	return f.check()
}

// check returns an error for a fault that cannot be played.
func (f *Fault) check() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault: status %d is not the status of a response", f.Status)
	case f.Times < -1 || f.Skip < 0:
		return errors.New("fault: times must be at least -1, and skip at least 0")
	case f.Delay < 0 || f.DelayAfter < 0 || f.Interval < 0:
		return errors.New("fault: delay, delayAfter and interval cannot be negative")
	}
	switch f.Kind {
	case Slow, Status, PATError, Redirect, SignIn203, HTML200, Garbage, Hang, DropBefore, DropAfter,
		Cut, Endless, GzipBomb, Drip, GiantHeaders:
		return nil
	}
	return fmt.Errorf("fault: unknown kind %q", f.Kind)
}

// handles reports whether the request has its effect before the fault shows.
func (f *Fault) handles() bool {
	switch f.Kind {
	case Slow, DropAfter, Cut, Drip, GiantHeaders:
		return true
	}
	return f.Effect
}

// AddFault appends faults to those that exist.
func (s *Server) AddFault(faults ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.addFaults(faults)
}

// ClearFaults removes every fault.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.faults = nil
}

// clearFaultsOf removes the faults for a host.
func (st *state) clearFaultsOf(host string) {
	st.faults = slices.DeleteFunc(st.faults, func(a *armed) bool { return strings.EqualFold(a.fault.Host, host) })
}

// armed is a fault with the number of requests that it still skips and affects.
type armed struct {
	fault      Fault
	skip, left int // left < 0: unlimited
}

func (st *state) addFaults(faults []Fault) error {
	st.faults = slices.DeleteFunc(st.faults, func(a *armed) bool { return a.left == 0 })
	for _, f := range faults {
		if err := f.check(); err != nil {
			return err
		}
		left := f.Times
		if left == 0 {
			left = 1
		}
		st.faults = append(st.faults, &armed{fault: f, skip: f.Skip, left: left})
	}
	return nil
}

// takeFault returns the fault that a request meets, or nil.
func (st *state) takeFault(r *http.Request) *Fault {
	for _, a := range st.faults {
		if a.left == 0 || !a.matches(r) {
			continue
		}
		if a.skip > 0 {
			a.skip--
			continue
		}
		if a.left > 0 {
			a.left--
		}
		return &a.fault
	}
	return nil
}

func (a *armed) matches(r *http.Request) bool {
	if a.fault.Method != "" && !strings.EqualFold(a.fault.Method, r.Method) {
		return false
	}
	if a.fault.Host != "" && !strings.EqualFold(a.fault.Host, r.Host) {
		return false
	}
	return a.fault.Path == "" || glob(strings.ToLower(a.fault.Path), strings.ToLower(r.URL.Path))
}

// glob matches text against a pattern in which * is any text, including "/".
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	rest, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, last)
}
