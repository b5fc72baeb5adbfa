//go:build unix

package faults

import (
	"crypto/tls"
	"net"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// connections lists faults of connections: those that are not established, or that
// break.
func connections() []fault {
	all := []fault{
		{name: "connection refused", lasts: true, below: func(w *world, _ int) { w.relay.refuse() }},
		{name: "connection reset at once", below: func(w *world, times int) {
			w.relay.misbehave(func(c net.Conn) { reset(c) }, times)
		}},
		{name: "closed before the request is handled", http: plays(emulator.Fault{Kind: emulator.DropBefore})},
		{name: "closed after it is handled", http: plays(emulator.Fault{Kind: emulator.DropAfter})},
		{name: "reset after it is handled", http: plays(emulator.Fault{Kind: emulator.Hang, Effect: true}), below: resetHanging},
		// In HTTP/1.1, an answer without a body has no middle.
		{name: "closed amid the answer", http: plays(emulator.Fault{Kind: emulator.Cut})},
	}
	for i := range all {
		all[i].code, all[i].passes = "network", true
	}
	return append(all, fault{
		name: "closed after the answer", http: plays(emulator.Fault{Header: map[string]string{"Connection": "close"}}), passes: true,
	})
}

// resetHanging resets the connections whenever another request hangs, shortly after
// the emulator has received it.
func resetHanging(w *world, _ int) {
	go func() {
		for seen := 0; !w.relay.closed(); time.Sleep(5 * time.Millisecond) {
			if hanging := w.hanging(); hanging > seen {
				seen = hanging
				time.Sleep(20 * time.Millisecond)
				w.relay.reset()
			}
		}
	}()
}

func (w *world) hanging() (n int) {
	for _, r := range w.services.Requests() {
		if r.Fault == string(emulator.Hang) {
			n++
		}
	}
	return n
}

// strangers lists servers that cannot prove their identity.
func strangers() []fault {
	show := func(which func(papers) tls.Certificate) func(*world, int) {
		return func(w *world, times int) {
			own, _ := issued() // an error would have ended the cell earlier
			w.relay.misbehave(presents(which(own)), times)
		}
	}
	all := []fault{
		{name: "a certificate for another name", below: show(func(p papers) tls.Certificate { return p.wrongName })},
		{name: "an expired certificate", below: show(func(p papers) tls.Certificate { return p.old })},
		{name: "a certificate of an unknown authority", below: show(func(p papers) tls.Certificate { return p.alien })},
	}
	for i := range all {
		all[i].code, all[i].lasts = "tls", true
	}
	return all
}
