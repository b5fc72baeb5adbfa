//go:build unix

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// reportTo is set in a process of this test binary that starts azstep, and names the
// file for its report. signalled may contain a signal and its delay after the start:
// "15 20ms".
const (
	reportTo  = "FAULTTEST_REPORT"
	signalled = "FAULTTEST_SIGNAL"
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
		if !strings.HasPrefix(pair, reportTo+"=") && !strings.HasPrefix(pair, signalled+"=") {
			env = append(env, pair)
		}
	}
	began := time.Now()
	p, err := os.StartProcess(os.Args[1], os.Args[1:], &os.ProcAttr{Env: env, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start azstep:", err)
		return 1
	}
	sent := signalLater(p, os.Getenv(signalled))
	state, err := p.Wait()
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
func signalLater(p *os.Process, wish string) (sent func() time.Time) {
	number, after, _ := strings.Cut(wish, " ")
	n, _ := strconv.Atoi(number)
	wait, err := time.ParseDuration(after)
	if n == 0 || err != nil {
		return func() time.Time { return time.Time{} }
	}
	var at atomic.Pointer[time.Time]
	timer := time.AfterFunc(wait, func() {
		if now := time.Now(); p.Signal(syscall.Signal(n)) == nil {
			at.Store(&now)
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

// finished is a process that has ended.
type finished struct {
	usage
	stdout, stderr []byte
	ended          time.Time
}

// longest is the time after which a process is killed: later than all its own
// deadlines.
const longest = 100 * time.Second

// start runs azstep with these arguments and environment, and with nothing from this
// process's environment.
func start(ctx context.Context, dir, report string, env []string, words ...string) (finished, error) {
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	program, err := built()
	if err != nil {
		return finished{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return finished{}, err
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, self, append([]string{program}, words...)...)
	cmd.Dir, cmd.Env = dir, append(env, reportTo+"="+report)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	_ = cmd.Run() // the report contains the exit code
	f := finished{stdout: stdout.Bytes(), stderr: stderr.Bytes(), ended: time.Now()}
	text, err := os.ReadFile(report)
	if err != nil {
		return f, fmt.Errorf("no report: %w", err)
	}
	return f, json.Unmarshal(text, &f.usage)
}
