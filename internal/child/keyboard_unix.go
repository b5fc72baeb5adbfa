//go:build unix

package child

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// look is the interval, in milliseconds, at which a process in the background of its
// terminal checks whether it has come to the foreground. Shells do not always send a
// signal.
const look = 200

// keyboard passes keystrokes on to the command until quit is closed. Later
// keystrokes are left to the next program that reads the terminal.
func (s *session) keyboard(quit *os.File) {
	defer close(s.typed)
	defer quit.Close()
	typed := make([]byte, 4096)
	for {
		mine := !s.paused.Load() && s.foreground()
		if mine && !s.isRaw() {
			s.makeRaw()
			s.resize()
		}
		ready, ended := s.awaitKey(quit, mine)
		if ended {
			return
		}
		if !ready || s.paused.Load() {
			continue
		}
		n, err := s.readKeys(typed)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil || n <= 0 {
			return // the terminal is gone, and SIGHUP will follow
		}
		if _, err := s.master.Write(typed[:n]); err != nil {
			return
		}
	}
}

// awaitKey waits for a keystroke or for the end. In the background, where azstep
// must not read the keyboard, it returns after a short wait.
func (s *session) awaitKey(quit *os.File, mine bool) (ready, ended bool) {
	fds := []unix.PollFd{{Fd: int32(quit.Fd()), Events: unix.POLLIN}, {Fd: int32(s.outer.Fd()), Events: unix.POLLIN}}
	timeout := -1
	if !mine {
		fds, timeout = fds[:1], look
	}
	if _, err := unix.Poll(fds, timeout); err != nil && !errors.Is(err, unix.EINTR) {
		return false, true
	}
	return len(fds) > 1 && fds[1].Revents != 0, fds[0].Revents != 0
}
