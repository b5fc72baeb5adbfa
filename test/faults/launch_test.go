//go:build unix

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/azstep/azstep/test/formtest"

	"github.com/creack/pty"
)

// reportTo is set in a process of this test binary that starts azstep, and names the
// file for its report. signalled may contain a signal and its delay after the start,
// "15 20ms", or "cancel 20ms": all that a host does to a step of a canceled job. With
// onTerminal, azstep runs on a terminal.
const (
	reportTo   = "FAULTTEST_REPORT"
	signalled  = "FAULTTEST_SIGNAL"
	onTerminal = "FAULTTEST_TERMINAL"
)

// usage is what a process used.
type usage struct {
	Exit   int
	Killed bool          // it was ended by a signal
	Peak   int64         // maximum resident memory, in bytes
	Took   time.Duration // time since its start
	Since  time.Duration // time since the signal; 0 without one
}

// launch runs the command in the arguments and reports what it used. The kernel
// counts the memory of the forking process as the new one's (fs/exec.c, exec_mmap),
// so that process must be small.
func launch(report string) int {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "FAULTTEST_") {
			env = append(env, pair)
		}
	}
	began := time.Now()
	attr := &os.ProcAttr{Env: env, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}}
	shown := func() {}
	if os.Getenv(onTerminal) != "" {
		var err error
		if shown, err = putOnTerminal(attr); err != nil {
			fmt.Fprintln(os.Stderr, "open a terminal:", err)
			return 1
		}
	}
	p, err := os.StartProcess(os.Args[1], os.Args[1:], attr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start azstep:", err)
		return 1
	}
	ended := make(chan struct{})
	sent := signalLater(p, os.Getenv(signalled), ended)
	state, err := p.Wait()
	close(ended)
	shown()
	if err != nil {
		fmt.Fprintln(os.Stderr, "wait for azstep:", err)
		return 1
	}
	took := summed(state)
	took.Took = time.Since(began)
	if at := sent(); !at.IsZero() {
		took.Since = time.Since(at)
	}
	text, _ := json.Marshal(took) // numbers can always be encoded
	if err := os.WriteFile(report, text, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	return took.Exit
}

func summed(state *os.ProcessState) usage {
	u := usage{Exit: state.ExitCode()}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		u.Exit, u.Killed = 128+int(status.Signal()), true
	}
	if rusage, ok := state.SysUsage().(*syscall.Rusage); ok {
		u.Peak = rusage.Maxrss
		if runtime.GOOS != "darwin" { // where the unit is bytes and not KiB
			u.Peak <<= 10
		}
	}
	return u
}

// signalLater sends the signal in a text such as "15 20ms", unless the process has
// ended. The function that it returns says when the signal was sent.
func signalLater(p *os.Process, wish string, ended <-chan struct{}) (sent func() time.Time) {
	what, after, _ := strings.Cut(wish, " ")
	wait, err := time.ParseDuration(after)
	if err != nil {
		return func() time.Time { return time.Time{} }
	}
	var at atomic.Pointer[time.Time]
	timer := time.AfterFunc(wait, func() {
		now := time.Now()
		if p.Signal(syscall.Signal(0)) == nil {
			at.Store(&now)
			send(p, what, ended)
		}
	})
	return func() time.Time {
		timer.Stop()
		if t := at.Load(); t != nil {
			return *t
		}
		return time.Time{}
	}
}

// send sends a signal by its number, or all signals that a canceled step receives. A
// kill ends all processes of the step.
func send(p *os.Process, what string, ended <-chan struct{}) {
	n, _ := strconv.Atoi(what) // 0 is no signal
	switch signal := syscall.Signal(n); {
	case what == canceled:
		formtest.Cancel(p, ended)
	case signal == syscall.SIGKILL:
		formtest.KillTree(p.Pid)
	default:
		_ = p.Signal(signal) // it may have ended
	}
}

// canceled replaces a signal's number where a host cancels the job.
const canceled = "cancel"

// putOnTerminal makes a process run on its own terminal, and copies the screen to
// stdout. The function that it returns waits for the end of the copy.
func putOnTerminal(attr *os.ProcAttr) (shown func(), err error) {
	screen, tty, err := pty.Open()
	if err != nil {
		return nil, err
	}
	attr.Files = []*os.File{tty, tty, tty}
	attr.Sys = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(os.Stdout, screen) // ends with an error when the terminal is closed
	}()
	return func() {
		_ = tty.Close()
		<-done
	}, nil
}

// finished is a process that has ended.
type finished struct {
	usage
	stdout, stderr []byte
	ended          time.Time
}

// launching is a command line and its whole environment.
type launching struct {
	dir, report string
	env, line   []string
	watch       io.Writer // gets stderr as well, if not nil
	terminal    bool
}

// longest is the time after which a process is killed: later than all its own
// deadlines.
const longest = 100 * time.Second

// start runs azstep with these arguments and environment, and with nothing from this
// process's environment.
func start(ctx context.Context, dir, report string, env []string, words ...string) (finished, error) {
	binary, err := built()
	if err != nil {
		return finished{}, err
	}
	return launching{dir: dir, report: report, env: env, line: append([]string{binary}, words...)}.start(ctx)
}

func (l launching) start(ctx context.Context) (finished, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return finished{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, self, l.line...)
	cmd.Dir, cmd.Env = l.dir, append(l.env, reportTo+"="+l.report)
	if l.terminal {
		cmd.Env = append(cmd.Env, onTerminal+"=1")
	}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if l.watch != nil {
		cmd.Stderr = io.MultiWriter(&stderr, l.watch)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	_ = cmd.Run() // the report contains the exit code
	f := finished{stdout: stdout.Bytes(), stderr: stderr.Bytes(), ended: time.Now()}
	text, err := os.ReadFile(l.report)
	if err != nil {
		return f, fmt.Errorf("no report: %w", err)
	}
	return f, json.Unmarshal(text, &f.usage)
}
