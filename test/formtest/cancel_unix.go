//go:build unix

package formtest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// InterruptTime and terminateTime are how long runner and agent wait after SIGINT and
// after SIGTERM (ProcessInvoker.cs of actions/runner and of azure-pipelines-agent).
const (
	InterruptTime = 7500 * time.Millisecond
	terminateTime = 2500 * time.Millisecond
)

// Canceled says which signals a step took until it ended.
type Canceled struct{ Interrupt, Terminate, Kill bool }

// Cancel ends a step of a canceled job as both hosts do: with SIGINT, then SIGTERM,
// and then a kill of all its processes. ended is closed when the step has ended.
func Cancel(p *os.Process, ended <-chan struct{}) (c Canceled) {
	c.Interrupt = p.Signal(os.Interrupt) == nil
	if within(InterruptTime, ended) {
		return c
	}
	c.Terminate = p.Signal(syscall.SIGTERM) == nil
	if within(terminateTime, ended) {
		return c
	}
	c.Kill = true
	KillTree(p.Pid)
	return c
}

func within(limit time.Duration, ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// KillTree kills a process and those that it started, where /proc lists them.
func KillTree(pid int) {
	for _, child := range children(pid) {
		KillTree(child)
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended
}

func children(pid int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is correct
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if fields := strings.Fields(rest); err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			all = append(all, child)
		}
	}
	return all
}
