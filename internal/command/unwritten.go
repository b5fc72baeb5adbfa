package command

import (
	"io"
	"sync"
)

// unwritten keeps the first error of writing the output of exec's command. The command
// cannot see it: it writes to azstep. A reader that closed the pipe does not count.
type unwritten struct {
	mu  sync.Mutex
	err error
}

func (u *unwritten) watch(to io.Writer) io.Writer { return watched{u, to} }

func (u *unwritten) first() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.err
}

type watched struct {
	*unwritten
	to io.Writer
}

func (w watched) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	if err != nil && !readerGone(err) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.err == nil {
			w.err = err
		}
	}
	return n, err
}
