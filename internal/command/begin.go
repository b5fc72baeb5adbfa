package command

import (
	"context"
	"io"
	"os"
)

// Begun tells a process about signals.
type Begun struct {
	// Context ends when the process is told to stop, with a [fault.Error] as its
	// cause.
	Context context.Context
	// Forward catches all other signals as well, and returns those that exec passes
	// on to its command.
	Forward func() <-chan os.Signal
	// Ready is closed once signals are caught. Setting that up takes a fifth of a
	// millisecond, in which inputs can be read, but nothing may be written: a closed
	// pipe would end the process with SIGPIPE.
	Ready <-chan struct{}
}

// begin makes the streams wait until signals are caught. No request is sent before
// the log says as whom.
func (p *Process) begin(ctx context.Context) context.Context {
	b := p.Begin(ctx)
	p.forward = b.Forward
	p.Stdout, p.Stderr = after{b.Ready, p.Stdout}, after{b.Ready, p.Stderr}
	return b.Context
}

// after is a stream whose writes wait until ready is closed.
type after struct {
	ready <-chan struct{}
	w     io.Writer
}

func (a after) Write(text []byte) (int, error) {
	<-a.ready
	return a.w.Write(text)
}
