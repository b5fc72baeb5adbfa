package command

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
)

// memory is the heap size at which the garbage collector begins to work hard. What
// azstep reads is limited, but a large response leaves several times its size
// behind.
const memory = 40 << 20

// waiting is how many signals may be queued, so that a burst of resize signals from
// a terminal does not displace one that ends azstep.
const waiting = 64

// catchSignals prepares the process for work (`version` and `help` do not need it).
// The context ends at the first signal that ends a process, with a cause that
// determines the exit code. Only `exec` catches the signals that it forwards: each
// one takes package signal 25 microseconds.
func catchSignals(ctx context.Context) Begun {
	ctx, cancel := context.WithCancelCause(ctx)
	got, forward, ready := make(chan os.Signal, waiting), make(chan os.Signal, waiting), make(chan struct{})
	go func() {
		signal.Notify(got, caught()...)
		close(ready)
		catchMore(got, crashes())
		listen(got, cancel, forward)
	}()
	debug.SetMemoryLimit(memory)
	return Begun{Context: ctx, Ready: ready, Forward: func() <-chan os.Signal {
		catchMore(got, child.Forwarded())
		return forward
	}}
}

// catchMore passes more signals to a channel. Notify without signals means all of them.
func catchMore(got chan<- os.Signal, more []os.Signal) {
	if len(more) > 0 {
		signal.Notify(got, more...)
	}
}

func listen(got <-chan os.Signal, cancel context.CancelCauseFunc, forward chan<- os.Signal) {
	for s := range got {
		if name, exit, ends := ending(s); ends {
			cancel(stopped(name, exit))
		}
		select {
		case forward <- s:
		default: // there is no receiver
		}
	}
}

// stopped is the error with which the process ends.
func stopped(name string, exit int) *fault.Error {
	e := fault.New(fault.Cancelled, "stopped by %s", name)
	e.Exit = exit
	return e
}
