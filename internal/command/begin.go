package command

import (
	"context"
	"io"
	"os"
)

// Begun is how a process hears of signals.
type Begun struct {
	// Context ends, with a [fault.Error] as its cause, when the process is told to
	// stop.
	Context context.Context
	// Signals are what exec passes on.
	Signals <-chan os.Signal
	// Ready is closed when signals are caught. To begin with that takes a third of a
	// millisecond, in which inputs can be read, but nothing may be written: a pipe
	// that is closed would end the process with SIGPIPE.
	Ready <-chan struct{}
}

// begin has the streams wait for the signals. No request is sent before a line
// says as whom.
func (p *Process) begin(ctx context.Context) context.Context {
	b := p.Begin(ctx)
	p.signals = b.Signals
	p.Stdout, p.Stderr = after{b.Ready, p.Stdout}, after{b.Ready, p.Stderr}
	return b.Context
}

// after is a stream that is written to when ready is closed.
type after struct {
	ready <-chan struct{}
	w     io.Writer
}

func (a after) Write(text []byte) (int, error) {
	<-a.ready
	return a.w.Write(text)
}
