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

// reportTo is set in a process of this test binary that starts azstep, and names
// the file for what it has to say of it. signalled may say which signal to send
// and how long after the start: "15 20ms".
const (
	reportTo  = "FAULTTEST_REPORT"
	signalled = "FAULTTEST_SIGNAL"
)

// usage is what a process took.
type usage struct {
	Exit   int
	Killed bool          // a signal ended it, and not it itself
	Peak   int64         // bytes of memory that were resident at once
	Took   time.Duration // from its start on
	Since  time.Duration // from the signal on; 0 without one
}

// launch runs the command in the arguments and reports what it took. The kernel
// begins to count a process's memory with that of the one that forked it
// (fs/exec.c, exec_mmap), so that has to be a small one.
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
	text, _ := json.Marshal(took) // numbers always can
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
		if runtime.GOOS != "darwin" { // where it is in bytes, and not in KiB
			u.Peak <<= 10
		}
	}
	return u
}

// signalLater sends what a wish like "15 20ms" says, unless the process has
// ended. The function returned tells when that was.
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

// finished is a process that came to its end.
type finished struct {
	usage
	stdout, stderr []byte
	ended          time.Time
}

// longest is when a process is given up: later than any of its own deadlines.
const longest = 100 * time.Second

// start runs azstep with the words and an environment, and nothing of this
// process's.
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
	_ = cmd.Run() // the report has the exit code
	f := finished{stdout: stdout.Bytes(), stderr: stderr.Bytes(), ended: time.Now()}
	text, err := os.ReadFile(report)
	if err != nil {
		return f, fmt.Errorf("no report: %w", err)
	}
	return f, json.Unmarshal(text, &f.usage)
}
