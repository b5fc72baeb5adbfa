//go:build unix

// Command launch runs a program and prints what it used: the wall-clock time and the
// processor time, in nanoseconds, and the memory of its largest process, in bytes.
//
//	launch PROGRAM [ARG...]
//
// Its exit code is that of the program.
//
// Linux counts the memory that a process had before exec as the program's own, and
// that is the memory of the process that started it. launch is smaller than anything
// it measures; `make bench` with its HTTP client is not. If the program's memory
// cannot be distinguished from that of launch, it prints 0.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: launch PROGRAM [ARG...]")
		os.Exit(2)
	}
	code, err := launch(os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "launch:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// launch returns the exit code of the program, after printing what it used.
func launch(path string, args []string) (int, error) {
	cmd := exec.Command(path, args...)
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || !exit.Exited()) {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	fmt.Println(wall.Nanoseconds(), cpu.Nanoseconds(), memory(cmd.ProcessState))
	return cmd.ProcessState.ExitCode(), nil
}

// memory returns the memory of the largest process, or 0 if it does not exceed
// launch's own, which may be what was counted.
func memory(ended *os.ProcessState) int64 {
	usage, ok := ended.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if most := usage.Maxrss * unit(); most > own() {
		return most
	}
	return 0
}

// own returns the maximum memory of launch itself. Unlike getrusage(2), it does not
// include the memory of the parent before exec: proc_pid_status(5). On other
// systems, exec does not pass that on.
func own() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int64
	_, _ = fmt.Sscan(rest, &kib)
	return kib << 10
}

// unit is the unit of ru_maxrss, in bytes (getrusage(2)).
func unit() int64 {
	if runtime.GOOS == "darwin" || runtime.GOOS == "ios" {
		return 1
	}
	return 1024
}
