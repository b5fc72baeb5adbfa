//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// peakWord has bench run the command that follows and print its peak memory.
const peakWord = "peak"

// peak is the largest resident set of a program, in MiB. Linux takes what a
// process had before its exec into account, which is the one that started it: it
// is started by a fresh process, smaller than any run of azstep.
func (p program) peak(ctx context.Context) (float64, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, fmt.Errorf("find bench itself: %w", err)
	}
	cmd := exec.CommandContext(ctx, self, append([]string{peakWord, p.path}, p.args...)...)
	cmd.Env = p.environ()
	said, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("measure the memory of %s: %w", p.path, err)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(said)), 64)
}

// printPeak runs a command and prints its peak memory.
func printPeak(ctx context.Context, path string, args []string) error {
	cmd := exec.CommandContext(ctx, path, args...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return fmt.Errorf("look at bench's own memory: %w", err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok || usage.Maxrss <= own.Maxrss {
		return errors.New("the system does not tell the memory of a process from that of its parent")
	}
	fmt.Println(float64(usage.Maxrss) / 1024) // KiB on Linux (getrusage(2))
	return nil
}
