//go:build unix

package child

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// role is the environment variable that turns this test binary into one of the
// programs below.
const role = "CHILD_TEST_ROLE"

func TestMain(m *testing.M) {
	if exit, ok := Assist(os.Args, os.Environ); ok {
		syscall.Exit(exit)
	}
	if program, ok := programs()[os.Getenv(role)]; ok {
		// Do not call os.Exit: with -cover and -race, the runtime still has to write
		// its results.
		syscall.Exit(program(os.Args[1:]))
	}
	goleak.VerifyTestMain(m)
}

// programs maps roles to the programs that the tests run. Each returns its exit
// code.
func programs() map[string]func([]string) int {
	return map[string]func([]string) int{
		"exit":       exitWith,
		"env":        func([]string) int { fmt.Println(strings.Join(os.Environ(), "\n")); return 0 },
		"args":       func(a []string) int { fmt.Printf("%q\n", a); return 0 },
		"dir":        func([]string) int { dir, _ := os.Getwd(); fmt.Println(dir); return 0 },
		"cat":        func([]string) int { _, _ = io.Copy(os.Stdout, os.Stdin); return 0 },
		"both":       func([]string) int { fmt.Print("to stdout"); fmt.Fprint(os.Stderr, "to stderr"); return 0 },
		"flood":      flood,
		"close":      closeEarly,
		"signals":    printSignals,
		"deaf":       deaf,
		"background": background,
		"hold":       hold,
		"run":        run,
		"kill":       kill,
		"orphan":     orphan,
		"parent":     parent,
	}
}

func exitWith(a []string) int {
	code, _ := strconv.Atoi(a[0])
	return code
}

// kill kills itself with signal a[0].
func kill(a []string) int {
	n, _ := strconv.Atoi(a[0])
	_ = syscall.Kill(os.Getpid(), syscall.Signal(n))
	return forever()
}

// forever does not end. An empty select would be reported as a deadlock.
func forever() int {
	for {
		time.Sleep(time.Hour)
	}
}

// flood writes until it is killed. A write to a pipe without a reader kills it,
// because package os leaves SIGPIPE on descriptors 1 and 2 to the system.
func flood([]string) int {
	for {
		_, _ = os.Stdout.WriteString("0123456789abcdef\n")
	}
}

// closeEarly closes its output immediately, and ends when its stdin does.
func closeEarly([]string) int {
	_ = os.Stdout.Close()
	_ = os.Stderr.Close()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 5
}

// printSignals prints the name of each signal that it gets, until SIGTERM.
func printSignals([]string) int {
	c := make(chan os.Signal, 16)
	signal.Notify(c, Forwarded()...)
	fmt.Println("ready")
	for s := range c {
		fmt.Println(s)
		if s.String() == "terminated" {
			return 9
		}
	}
	return 0
}

// deaf ignores SIGTERM and never ends by itself.
func deaf([]string) int {
	signal.Ignore(Forwarded()...)
	fmt.Println("ready")
	return forever()
}

// background starts a process that holds stdout open, and ends.
func background([]string) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{role + "=hold"}
	cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print("done")
	return 3
}

// hold runs until its stdin ends.
func hold([]string) int {
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// orphan leaves PID 1 an orphan that ends immediately, and prints 1 once PID 1 has
// collected it: only then is its process id unknown. There is no notification, so
// orphan polls.
func orphan([]string) int {
	out, err := parentCommand().Output()
	pid, _ := strconv.Atoi(string(out))
	if err != nil || pid == 0 {
		return 2
	}
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			fmt.Print("reaped by ", os.Getppid())
			return 7
		}
	}
	return 3
}

func parentCommand() *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{role + "=parent"}
	return cmd
}

// parent starts a process that ends after parent, and prints its id.
func parent([]string) int {
	r, w, err := os.Pipe()
	if err != nil {
		return 2
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{role + "=hold"}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		return 2
	}
	fmt.Print(cmd.Process.Pid)
	runtime.KeepAlive(w)
	return 0
}

// run is a minimal azstep exec: it runs the role a[0] with its own streams and
// signals.
func run(a []string) int {
	c := command(a[0], a[1:]...)
	c.Self = []string{c.Args[0], c.Args[0]}
	c.Stdin = os.Stdin
	c.Stdout = func(r io.Reader) error { _, err := io.Copy(os.Stdout, r); return err }
	c.Stderr = func(r io.Reader) error { _, err := io.Copy(os.Stderr, r); return err }
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, Forwarded()...)
	c.Signals = signals
	exit, err := c.Run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return exit
}

// command returns a Command that runs this test binary in the given role.
func command(name string, args ...string) *Command {
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	return &Command{Args: slices.Concat([]string{self}, args), Env: []string{role + "=" + name}}
}
