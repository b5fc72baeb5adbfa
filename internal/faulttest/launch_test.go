//go:build unix

package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// reportTo is set in a process of this test binary that starts azstep, and names
// the file for what it has to say of it.
const reportTo = "FAULTTEST_REPORT"

// usage is what a process took.
type usage struct {
	Exit int
	Peak int64 // bytes of memory that were resident at once
}

// launch runs the command in the arguments and reports what it took. The kernel
// begins to count a process's memory with that of the one that forked it
// (fs/exec.c, exec_mmap), so that has to be a small one.
func launch(report string) int {
	var env []string
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, reportTo+"=") {
			env = append(env, pair)
		}
	}
	pid, err := syscall.ForkExec(os.Args[1], os.Args[1:], &syscall.ProcAttr{Env: env, Files: []uintptr{0, 1, 2}})
	if err != nil {
		fmt.Fprintln(os.Stderr, "start azstep:", err)
		return 1
	}
	var status syscall.WaitStatus
	var took syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &took); err != syscall.EINTR {
			break
		}
	}
	exit := status.ExitStatus()
	if status.Signaled() {
		exit = 128 + int(status.Signal())
	}
	text, _ := json.Marshal(usage{exit, took.Maxrss << 10}) // KiB on Linux
	if err := os.WriteFile(report, text, 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
	}
	return exit
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
