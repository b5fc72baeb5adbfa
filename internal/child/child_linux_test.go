package child

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// runner starts a process in the role run, which runs the given role.
func runner(args ...string) *exec.Cmd {
	c := command("run", args...)
	return &exec.Cmd{Path: c.Args[0], Args: c.Args, Env: c.Env}
}

// terminal opens a new pseudo-terminal (pty(7)).
func terminal(t *testing.T) (keyboard, tty *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	keyboard = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { keyboard.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	t.Cleanup(func() { tty.Close() })
	return keyboard, tty
}

// Ctrl-C must reach the command once: the kernel sends it to the whole process
// group, so Run must not send it again.
func TestInterruptFromTerminal(t *testing.T) {
	t.Parallel()
	keyboard, tty := terminal(t)
	cmd := runner("signals")
	cmd.Stdin = tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	got := talk(t, cmd, func(line string) {
		switch line {
		case "ready":
			_, _ = keyboard.Write([]byte{3}) // VINTR of a new terminal
		case "interrupt":
			_ = cmd.Process.Signal(unix.SIGUSR1)
		case "user defined signal 1": // a second SIGINT would have arrived before this one
			_ = cmd.Process.Signal(unix.SIGTERM)
		}
	})
	if want := "ready interrupt user defined signal 1 terminated"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// In a session without a terminal, as in CI, only Run can send the signal.
func TestInterruptWithoutTerminal(t *testing.T) {
	t.Parallel()
	cmd := runner("signals")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	got := talk(t, cmd, func(line string) {
		switch line {
		case "ready":
			_ = cmd.Process.Signal(unix.SIGINT)
		case "interrupt":
			_ = cmd.Process.Signal(unix.SIGTERM)
		}
	})
	if want := "ready interrupt terminated"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

// talk runs cmd, answers each of its lines and returns all lines. The command must
// end with the exit code 9 of role signals.
func talk(t *testing.T, cmd *exec.Cmd, answer func(line string)) string {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	var all []string
	for scanner := bufio.NewScanner(stdout); scanner.Scan(); {
		all = append(all, scanner.Text())
		answer(scanner.Text())
	}
	_ = cmd.Wait()
	if exit := cmd.ProcessState.ExitCode(); exit != 9 {
		t.Errorf("exit code %d (%v); want 9", exit, cmd.ProcessState)
	}
	return strings.Join(all, " ")
}

// start starts cmd, or skips the test if the kernel does not permit it.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Skip("the kernel does not permit it:", err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// asPID1 makes cmd the first process of a new PID namespace, as in a container.
func asPID1(cmd *exec.Cmd) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
	}
	return cmd
}

func TestPID1ReapsOrphans(t *testing.T) {
	t.Parallel()
	cmd := asPID1(runner("orphan"))
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, os.Stderr
	start(t, cmd)
	_ = cmd.Wait()
	if exit := cmd.ProcessState.ExitCode(); exit != 7 || stdout.String() != "reaped by 1" {
		t.Errorf("exit code %d, %q; want the command's exit code, and its orphan reaped", exit, &stdout)
	}
}

func TestPID1PassesSignalsOn(t *testing.T) {
	t.Parallel()
	cmd := asPID1(runner("signals"))
	got := talk(t, cmd, func(line string) {
		if line == "ready" {
			_ = cmd.Process.Signal(unix.SIGTERM)
		}
	})
	if want := "ready terminated"; got != want {
		t.Errorf("%s; want %s", got, want)
	}
}

func TestPID1ExitCodes(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]int{"exit": 15, "kill": 128 + 15} {
		cmd := asPID1(runner(role, "15"))
		start(t, cmd)
		_ = cmd.Wait()
		if exit := cmd.ProcessState.ExitCode(); exit != want {
			t.Errorf("%s: exit code %d; want %d", role, exit, want)
		}
	}
}

// A shell may read what was announced to azstep, and leave the terminal in its normal
// mode. Reading then would wait for the end of a line.
func TestReadKeysDoesNotWait(t *testing.T) {
	t.Parallel()
	keyboard, tty := terminal(t)
	p := &pseudo{outer: tty, terminal: &Terminal{}}
	typed := make([]byte, 16)
	reads := func(want string, wantErr error) {
		t.Helper()
		n, err := p.readKeys(typed)
		if got := string(typed[:max(0, n)]); got != want || !errors.Is(err, wantErr) {
			t.Errorf("read %q, %v; want %q, %v", got, err, want, wantErr)
		}
	}
	if _, err := keyboard.WriteString("a"); err != nil {
		t.Fatal(err)
	}
	reads("", unix.EAGAIN)
	p.makeRaw()
	defer p.restore()
	reads("a", nil)
	reads("", unix.EAGAIN)
}
