package command

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/azstep/azstep/internal/fault"
)

// memory is where the garbage collector begins to work hard. What azstep reads
// is capped, but a large answer leaves several times its size behind.
const memory = 40 << 20

// waiting is how many signals may wait: none that ends azstep is lost in a burst of
// those that a terminal sends while somebody drags its edge.
const waiting = 64

// catchSignals makes the process ready for work, which `version` and `help` are not. The
// context ends at the first signal that ends a process, with what the exit code
// must be as its cause; all of them are passed on for `exec`.
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

// stopped is why the process ends.
func stopped(name string, exit int) *fault.Error {
	e := fault.New(fault.Cancelled, "told to stop by %s", name)
	e.Exit = exit
	return e
}
