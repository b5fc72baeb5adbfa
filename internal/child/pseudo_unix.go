//go:build unix

package child

import (
	"cmp"
	"os"
	"os/exec"
	"sync"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// pseudo is a command's pseudo-terminal (pty(7)): the command uses the slave, and
// azstep reads and writes the master. It has the settings and the size of the
// terminal outer.
type pseudo struct {
	terminal      *Terminal
	outer         *os.File
	master, slave *os.File
	session       bool // it is the command's controlling terminal

	mu     sync.Mutex
	before *term.State // the settings of outer before raw mode; nil outside raw mode
}

// useTerminal gives the command a pseudo-terminal for those of its streams that are a
// terminal.
func (s *streams) useTerminal(c *Command, cmd *exec.Cmd) error {
	t := c.Terminal
	if t == nil || t.Show == nil || t.Stdout == nil && t.Stderr == nil {
		return nil
	}
	p, err := newPseudo(t, len(c.Self) > 0)
	if err != nil {
		return err
	}
	s.terminal = p
	s.theirs = append(s.theirs, p.slave)
	s.output = append(s.output, newStream(p.master, t.Show))
	if p.session {
		cmd.Stdin = p.slave
	}
	if t.Stdout != nil {
		cmd.Stdout = p.slave
	}
	if t.Stderr != nil {
		cmd.Stderr = p.slave
	}
	return nil
}

func newPseudo(t *Terminal, helped bool) (p *pseudo, err error) {
	p = &pseudo{terminal: t, outer: t.Stdout, session: helped && t.Stdin != nil && t.Stdout != nil}
	if p.outer == nil {
		p.outer = t.Stderr
	}
	if p.master, p.slave, err = pty.Open(); err != nil {
		return nil, err
	}
	p.resize()
	if p.session {
		p.outer = t.Stdin
		if state, err := term.GetState(int(p.outer.Fd())); err == nil {
			_ = term.Restore(int(p.slave.Fd()), state)
		}
		return p, nil
	}
	// The caller's terminal already converts LF to CR LF; it must not happen twice.
	_, _ = term.MakeRaw(int(p.slave.Fd()))
	return p, nil
}

// resize gives the pseudo-terminal the size of the caller's terminal. If it is the
// command's controlling terminal, the kernel notifies the command.
func (p *pseudo) resize() {
	if p != nil {
		_ = pty.InheritSize(p.outer, p.master)
	}
}

// makeRaw puts the caller's terminal into raw mode, so that every keystroke is passed on
// unchanged. The command's own terminal interprets it.
func (p *pseudo) makeRaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before != nil {
		return
	}
	before, err := term.MakeRaw(int(p.outer.Fd()))
	if err == nil {
		p.before = before
		p.terminal.raw.Store(true)
	}
}

// restore restores the settings of the caller's terminal.
func (p *pseudo) restore() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.before != nil {
		_ = term.Restore(int(p.outer.Fd()), p.before)
		p.before = nil
		p.terminal.raw.Store(false)
	}
}

func (p *pseudo) isRaw() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.before != nil
}

// readKeys reads keystrokes, or returns EAGAIN if none are left. A shell may have read
// what was announced before it put azstep into the foreground, and outside raw mode a
// read would wait for the end of a line and keep azstep from returning to raw mode.
func (p *pseudo) readKeys(into []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	outer := int(p.outer.Fd())
	if p.before == nil || !p.foreground() {
		return 0, unix.EAGAIN
	}
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(outer), Events: unix.POLLIN}}, 0); n <= 0 {
		return 0, cmp.Or[error](err, unix.EAGAIN)
	}
	return unix.Read(outer, into)
}

// foreground reports whether this process group receives the terminal's keystrokes.
// That is also true if the terminal is not the controlling one, because then no
// other process group competes for it.
func (p *pseudo) foreground() bool {
	group, err := unix.IoctlGetInt(int(p.outer.Fd()), unix.TIOCGPGRP)
	return err != nil || group == unix.Getpgrp()
}
