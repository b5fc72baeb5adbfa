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

// FaultKind is a way to misbehave.
type FaultKind string

// The kinds of faults. Those that close a connection close the TCP connection
// below TLS and HTTP, without a farewell.
const (
	Slow         FaultKind = ""              // nothing but Delay and DelayAfter
	Status       FaultKind = "status"        // answer with Status (500), Header and Body
	PATError     FaultKind = "pat-error"     // answer with patTokenError Body and Status (200)
	Redirect     FaultKind = "redirect"      // 302 to Header["Location"], by default a host that is nowhere
	SignIn203    FaultKind = "sign-in-203"   // a sign-in page with 203
	HTML200      FaultKind = "html-200"      // a sign-in page with 200
	Garbage      FaultKind = "garbage"       // 200, application/json, and bytes that are none
	Hang         FaultKind = "hang"          // never answer
	DropBefore   FaultKind = "drop-before"   // close the connection, handle nothing
	DropAfter    FaultKind = "drop-after"    // handle, then close the connection without an answer
	Cut          FaultKind = "cut"           // handle, send half of the answer's body, close
	Endless      FaultKind = "endless"       // a JSON text that never ends
	GzipBomb     FaultKind = "gzip-bomb"     // 1 GiB of JSON in about 1 MiB of gzip
	Drip         FaultKind = "drip"          // handle, answer with one byte per Interval (a second)
	GiantHeaders FaultKind = "giant-headers" // handle, answer with 12 MiB of headers
)

// Fault tells the server to misbehave for some requests to come. The first
// fault that matches a request and is not used up is taken.
type Fault struct {
	Method string // any if empty
	Host   string // as the client wrote it, port and all; any if empty
	Path   string // a glob over the whole path, where * is any text: "/fabrikam/*"; any if empty
	Skip   int    // matching requests that are let through first
	Times  int    // requests that meet the fault; 0 means 1, -1 all

	Kind     FaultKind
	Status   int               // of Status and PATError
	Header   map[string]string // added to whatever is answered, also by Slow
	Body     string
	Interval time.Duration // of Drip
	// Effect has the request handled, and its answer thrown away, for the kinds
	// that answer something of their own: it happened, and the client is told
	// otherwise.
	Effect     bool
	Delay      time.Duration // before the request is handled, even if its client has gone meanwhile
	DelayAfter time.Duration // after it is handled, before it is answered
}

// faultWire is a Fault in JSON: durations are texts such as "200ms".
type faultWire struct {
	Method, Host, Path          string
	Kind, Body                  string
	Skip, Times, Status         int
	Header                      map[string]string
	Effect                      bool
	Interval, Delay, DelayAfter string
}

// UnmarshalJSON reads a fault as control requests have it.
func (f *Fault) UnmarshalJSON(text []byte) error {
	var w faultWire
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // a fault that is misspelt would make a test pass
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

// check refuses a fault that cannot be played.
func (f *Fault) check() error {
	switch {
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("fault: status %d is none of an answer", f.Status)
	case f.Times < -1 || f.Skip < 0:
		return errors.New("fault: times is -1 or more, skip is 0 or more")
	case f.Delay < 0 || f.DelayAfter < 0 || f.Interval < 0:
		return errors.New("fault: a wait is not negative")
	}
	switch f.Kind {
	case Slow, Status, PATError, Redirect, SignIn203, HTML200, Garbage, Hang, DropBefore, DropAfter,
		Cut, Endless, GzipBomb, Drip, GiantHeaders:
		return nil
	}
	return fmt.Errorf("fault: unknown kind %q", f.Kind)
}

// handles says whether the request has its effect before the fault shows.
func (f *Fault) handles() bool {
	switch f.Kind {
	case Slow, DropAfter, Cut, Drip, GiantHeaders:
		return true
	}
	return f.Effect
}

// AddFault arms faults, behind those that are armed already.
func (s *Server) AddFault(faults ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.addFaults(faults)
}

// ClearFaults disarms every fault.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.faults = nil
}

// clearFaultsOf disarms those for a host.
func (st *state) clearFaultsOf(host string) {
	st.faults = slices.DeleteFunc(st.faults, func(a *armed) bool { return strings.EqualFold(a.fault.Host, host) })
}

// armed is a fault with what is left of it.
type armed struct {
	fault      Fault
	skip, left int // left < 0: no end
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

// takeFault is the fault that a request meets, or nil.
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

// glob matches text against a pattern where * is any text, "/" too.
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
