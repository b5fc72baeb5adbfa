package command

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

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
// determines the exit code. All signals are passed on for `exec`.
func catchSignals(ctx context.Context) Begun {
	ctx, cancel := context.WithCancelCause(ctx)
	forward, ready := make(chan os.Signal, waiting), make(chan struct{})
	go func() {
		got := make(chan os.Signal, waiting)
		signal.Notify(got, caught()...)
		close(ready)
		listen(got, cancel, forward)
	}()
	debug.SetMemoryLimit(memory)
	return Begun{Context: ctx, Signals: forward, Ready: ready}
}

func listen(got <-chan os.Signal, cancel context.CancelCauseFunc, forward chan<- os.Signal) {
	for s := range got {
		if name, exit, ends := ending(s); ends {
			cancel(stopped(name, exit))
		}
		select {
		case forward <- s:
		default: // nobody listens
		}
	}
}

// stopped is the error with which the process ends.
func stopped(name string, exit int) *fault.Error {
	e := fault.New(fault.Cancelled, "told to stop by %s", name)
	e.Exit = exit
	return e
}
