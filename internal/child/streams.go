package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// pipeMax is the maximum size of a pipe's buffer, in bytes. On Linux an ordinary
// process can raise a buffer to /proc/sys/fs/pipe-max-size, by default 1 MiB
// (pipe(7)).
const pipeMax = 1 << 20

// streams are the pipes between a command and the functions that read it.
type streams struct {
	theirs []*os.File // the command's ends, which azstep closes once it has started
	output []*stream
	input  *os.File // nil unless stdin is copied
	stdin  io.Reader
	done   chan struct{} // closed when every reader has returned

	terminal *pseudo // nil if no stream is a terminal
}

// connect creates the pipes and gives their other ends to the command.
func (c *Command) connect(cmd *exec.Cmd) (*streams, error) {
	s := &streams{stdin: c.Stdin, done: make(chan struct{})}
	err := s.useTerminal(c, cmd)
	if cmd.Stdin == nil && err == nil {
		err = s.feedFrom(c.Stdin, cmd)
	}
	if cmd.Stdout == nil && c.Stdout != nil && err == nil {
		cmd.Stdout, err = s.reads(c.Stdout)
	}
	if cmd.Stderr == nil && c.Stderr != nil && err == nil {
		cmd.Stderr, err = s.reads(c.Stderr)
	}
	if err != nil {
		s.started(false)
	}
	return s, err
}

func (s *streams) feedFrom(stdin io.Reader, cmd *exec.Cmd) (err error) {
	if file, ok := stdin.(*os.File); ok {
		cmd.Stdin = file
	} else if stdin != nil {
		var r *os.File
		r, s.input, err = s.pipe(0)
		cmd.Stdin = r
	}
	return err
}

// pipe creates a pipe. The command gets end 0, to read from, or end 1, to write to.
func (s *streams) pipe(end int) (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	if err == nil {
		s.theirs = append(s.theirs, []*os.File{r, w}[end])
	}
	return r, w, err
}

func (s *streams) reads(read func(io.Reader) error) (*os.File, error) {
	r, w, err := s.pipe(1)
	if err == nil {
		widen(r)
		s.output = append(s.output, newStream(r, read))
	}
	return w, err
}

// started closes azstep's copies of the command's ends, so that the streams end with
// the command, and starts the readers. If the command did not start, it closes
// everything.
func (s *streams) started(ok bool) {
	closeAll(s.theirs)
	if !ok {
		closeAll(slices.DeleteFunc([]*os.File{s.input}, func(f *os.File) bool { return f == nil }))
		for _, o := range s.output {
			_ = o.file.Close()
		}
		return
	}
	if s.input != nil {
		go s.feed()
	}
	var readers sync.WaitGroup
	for _, o := range s.output {
		readers.Go(o.run)
	}
	go func() {
		readers.Wait()
		close(s.done)
	}()
}

// feed copies stdin. It ignores errors, because a command need not read all of its
// input.
func (s *streams) feed() {
	_, _ = io.Copy(s.input, s.stdin)
	_ = s.input.Close()
}

// finish waits for the readers once the command has ended, and then restores the
// terminal's settings. If another process, such as a daemon that the command
// started, still holds a stream open after delay, finish cuts the stream off.
func (s *streams) finish(ctx context.Context, delay time.Duration) {
	defer s.terminal.restore()
	if s.input != nil {
		_ = s.input.Close()
	}
	select {
	case <-s.done:
		return
	case <-time.After(delay):
	}
	for _, o := range s.output {
		o.cut()
	}
	select {
	case <-s.done:
		return
	case <-ctx.Done():
	}
	select {
	case <-s.done:
	case <-time.After(delay):
	}
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close()
	}
}

// failure returns the error of a reader that panicked. Other errors are the readers'
// own and are ignored.
func (s *streams) failure() error {
	select {
	case <-s.done:
	default:
		return nil // a reader is still running
	}
	for _, o := range s.output {
		if o.broken != nil {
			return o.broken
		}
	}
	return nil
}

// stream is azstep's end of the command's stdout, stderr or terminal. Read returns
// io.EOF once no process holds the other end open, or, after cut, once the stream is
// empty.
type stream struct {
	file   *os.File
	read   func(io.Reader) error
	left   int   // bytes that may still be read after cut
	broken error // the reader panicked
}

func newStream(file *os.File, read func(io.Reader) error) *stream {
	return &stream{file: file, read: read, left: pipeMax}
}

// run runs the reader. A panic ends only the reader and not the process, because the
// caller must still clean up.
func (s *stream) run() {
	defer func() {
		if reason := recover(); reason != nil {
			s.broken = fmt.Errorf("read the command's output: %v", reason)
		}
		_ = s.file.Close()
	}()
	_ = s.read(s)
}

// Read implements io.Reader. Everything that the command wrote before it ended is
// read, even by a slow reader: after cut, Read still returns the content of the
// pipe.
func (s *stream) Read(p []byte) (int, error) {
	n, err := s.file.Read(p)
	if isHangUp(err) {
		return n, io.EOF
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, os.ErrClosed) {
		return n, err
	}
	n = readNow(s.file, p[:min(len(p), s.left)])
	if n == 0 {
		return 0, io.EOF
	}
	s.left -= n
	return n, nil
}

// cut interrupts a Read that is waiting. On Windows pipes have no deadlines, so cut
// closes the file.
func (s *stream) cut() {
	if s.file.SetReadDeadline(time.Unix(1, 0)) != nil {
		_ = s.file.Close()
	}
}
