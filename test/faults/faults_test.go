//go:build unix

package faults

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// fault is a row of the matrix.
type fault struct {
	name string
	// http is played by the emulator, below by the relay.
	http    func(w *world) emulator.Fault
	below   func(w *world, times int)
	code    string        // error code if the fault lasts
	atEntra string        // the same for a request for a token, if different
	waits   time.Duration // the wait that it asks for
	passes  bool          // azstep must survive a single one
	lasts   bool          // it is only played as lasting
	rare    bool          // it is only played once
	slow    bool          // only azstep's own deadline ends it
}

// faults lists the rows.
func faults() []fault {
	return slices.Concat(statuses(), connections(), garbled(), refusals(), oversized(), silences(), strangers())
}

// times says how often a fault occurs.
func times(lasts bool) int {
	if lasts {
		return -1
	}
	return 1
}

// arm makes the fault affect the operation's requests from now on.
func (f fault) arm(w *world, o operation, lasts bool) error {
	if f.below != nil {
		f.below(w, times(lasts))
	}
	if f.http == nil {
		return nil
	}
	play := f.http(w)
	play.Method, play.Times = o.method, times(lasts)
	return w.services.AddFault(play)
}

func plays(f emulator.Fault) func(*world) emulator.Fault {
	return func(*world) emulator.Fault { return f }
}

// statuses lists the statuses after which a client should retry.
func statuses() []fault {
	all := busy(http.StatusTooManyRequests, "rate-limited")
	for _, status := range []int{500, 502, 503, 504} {
		all = append(all, busy(status, "service-unavailable")...)
		done := emulator.Fault{Kind: emulator.Status, Status: status, Body: apology, Effect: true}
		all = append(all, fault{name: strconv.Itoa(status) + ", though it was done", http: plays(done), code: "service-unavailable", passes: true})
	}
	return all
}

const apology = `{"message":"The service is busy."}`

func busy(status int, code string) []fault {
	name := strconv.Itoa(status)
	row := func(what string, waits time.Duration, header map[string]string) fault {
		play := emulator.Fault{Kind: emulator.Status, Status: status, Body: apology, Header: header}
		return fault{name: name + what, http: plays(play), code: code, waits: waits, passes: true}
	}
	const now, then = "Sat, 21 Nov 2026 12:00:00 GMT", "Sat, 21 Nov 2026 12:00:01 GMT"
	return []fault{
		row("", 0, nil),
		row(", `Retry-After: 1`", time.Second, map[string]string{"Retry-After": "1"}),
		row(", `Retry-After` a date", time.Second, map[string]string{"Retry-After": then, "Date": now}),
	}
}
