//go:build unix

package child

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// into returns a reader that copies a stream into b.
func into(b *bytes.Buffer) func(io.Reader) error {
	return func(r io.Reader) error { _, err := b.ReadFrom(r); return err }
}

// lines returns a reader that sends each line of a stream to the channel.
func lines(to chan<- string) func(io.Reader) error {
	return func(r io.Reader) error {
		scanner := bufio.NewScanner(r)
		for scanner.Scan() {
			to <- scanner.Text()
		}
		close(to)
		return scanner.Err()
	}
}

func TestRun(t *testing.T) {
	t.Parallel()
	type result struct {
		Exit           int
		Stdout, Stderr string
	}
	for name, tc := range map[string]struct {
		role  string
		args  []string
		stdin io.Reader
		want  result
	}{
		"success":               {role: "exit", args: []string{"0"}},
		"failure":               {role: "exit", args: []string{"42"}, want: result{Exit: 42}},
		"largest exit code":     {role: "exit", args: []string{"255"}, want: result{Exit: 255}},
		"both streams":          {role: "both", want: result{0, "to stdout", "to stderr"}},
		"arguments as they are": {role: "args", args: []string{"", "a b", "*", "$HOME", "é\n"}, want: result{Stdout: `["" "a b" "*" "$HOME" "é\n"]` + "\n"}},
		"environment as it is":  {role: "env", want: result{Stdout: role + "=env\n"}},
		"a reader as stdin":     {role: "cat", stdin: strings.NewReader("in and out"), want: result{Stdout: "in and out"}},
		"no stdin":              {role: "cat"},
		"SIGTERM of its own":    {role: "kill", args: []string{"15"}, want: result{Exit: 143}},
		"SIGKILL of its own":    {role: "kill", args: []string{"9"}, want: result{Exit: 137}},
		"SIGHUP of its own":     {role: "kill", args: []string{"1"}, want: result{Exit: 129}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			c := command(tc.role, tc.args...)
			c.Stdin, c.Stdout, c.Stderr = tc.stdin, into(&stdout), into(&stderr)
			exit, err := c.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, result{exit, stdout.String(), stderr.String()}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunInDirectory(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var stdout bytes.Buffer
	c := command("dir")
	c.Dir, c.Stdout = dir, into(&stdout)
	if exit, err := c.Run(t.Context()); exit != 0 || err != nil {
		t.Fatalf("exit %d, %v", exit, err)
	}
	if got := stdout.String(); got != dir+"\n" {
		t.Errorf("ran in %q, want %q", got, dir)
	}
}

// A pipe on stdin must be passed to the command itself: input that it does not read
// stays available to the next process, as without azstep.
func TestFileAsStdinIsNotRead(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("for the next"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	c := command("exit", "0")
	c.Stdin = r
	if exit, err := c.Run(t.Context()); exit != 0 || err != nil {
		t.Fatalf("exit %d, %v", exit, err)
	}
	if rest, err := io.ReadAll(r); string(rest) != "for the next" || err != nil {
		t.Errorf("left on stdin: %q, %v", rest, err)
	}
}

func TestUnreadStdinDoesNotHoldUp(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	defer w.Close() // ends the copying goroutine
	c := command("exit", "4")
	c.Stdin = r
	if exit, err := c.Run(t.Context()); exit != 4 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
}

func TestStreamsAreOptional(t *testing.T) {
	t.Parallel()
	if exit, err := command("both").Run(t.Context()); exit != 0 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
}

func TestCommandDiesWhenItsReaderIsGone(t *testing.T) {
	t.Parallel()
	c := command("flood")
	c.Stdout = func(r io.Reader) error {
		_, _ = r.Read(make([]byte, 1))
		return errors.New("whoever read our stdout went away")
	}
	if exit, err := c.Run(t.Context()); exit != 128+int(syscall.SIGPIPE) || err != nil {
		t.Errorf("exit %d, %v; want death by SIGPIPE", exit, err)
	}
}

func TestCommandClosesItsStreams(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	c := command("close")
	c.Stdin = r
	c.Stdout = func(r io.Reader) error { // returns long before the command, which waits for the end of its stdin
		_, err := io.Copy(io.Discard, r)
		w.Close()
		return err
	}
	if exit, err := c.Run(t.Context()); exit != 5 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
}

func TestSignalsArePassedOn(t *testing.T) {
	t.Parallel()
	signals, out := make(chan os.Signal), make(chan string)
	c := command("signals")
	c.Signals, c.Stdout = signals, lines(out)
	var got []string
	talk := make(chan struct{})
	go func() {
		defer close(talk)
		got = append(got, <-out)
		signals <- syscall.SIGPIPE // must not be passed on, because the command does not catch it
		for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM} {
			signals <- s
			got = append(got, <-out)
		}
		close(signals)
	}()
	exit, err := c.Run(t.Context())
	<-talk
	if exit != 9 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
	want := []string{"ready", "hangup", "quit", "user defined signal 1", "user defined signal 2", "terminated"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		role string
		want int
	}{
		"a command that cleans up":     {"signals", 9},
		"a command that does not hear": {"deaf", 128 + int(syscall.SIGKILL)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := command(tc.role)
			if tc.role == "deaf" {
				c.WaitDelay = 1
			}
			c.Stdout = func(r io.Reader) error {
				_, _ = r.Read(make([]byte, 1)) // the command is ready
				cancel()
				_, err := io.Copy(io.Discard, r)
				return err
			}
			if exit, err := c.Run(ctx); exit != tc.want || err != nil {
				t.Errorf("exit %d, %v; want %d", exit, err, tc.want)
			}
		})
	}
}

func TestContextHasEnded(t *testing.T) {
	t.Parallel()
	reason := errors.New("told to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	exit, err := command("exit", "0").Run(ctx)
	if exit != 1 || !errors.Is(err, reason) {
		t.Errorf("exit %d, %v; want 1 and the reason", exit, err)
	}
}

func TestGrandchildHoldsStream(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close() // ends the grandchild
	var stdout bytes.Buffer
	c := command("background")
	c.Stdin, c.Stdout, c.WaitDelay = r, into(&stdout), 1
	if exit, err := c.Run(t.Context()); exit != 3 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
	if got := stdout.String(); got != "done" {
		t.Errorf("stdout %q", got)
	}
}

// A reader may take as long as it likes until the context ends. After that, Run
// returns without it.
func TestRunReturnsWithoutAStuckReader(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	release := make(chan struct{})
	defer close(release)
	c := command("exit", "6")
	c.WaitDelay = 1
	c.Stdout = func(r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		cancel()
		<-release
		return err
	}
	if exit, err := c.Run(ctx); exit != 6 || err != nil {
		t.Errorf("exit %d, %v", exit, err)
	}
}

// When the wait for grandchildren is over, the content of the pipe is still read,
// and nothing that is written later.
func TestCutKeepsTheContentOfThePipe(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ left, want int }{
		"all of it":                 {pipeMax, 60000},
		"a grandchild never stops":  {1000, 1000},
		"nothing more is permitted": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			if _, err := w.Write(make([]byte, 60000)); err != nil {
				t.Fatal(err)
			}
			s := &stream{file: r, left: tc.left}
			s.cut()
			got, err := io.ReadAll(s)
			if len(got) != tc.want || err != nil {
				t.Errorf("read %d bytes, %v; want %d", len(got), err, tc.want)
			}
		})
	}
}

// If a reader panics, Run returns an error, so that the caller can clean up, and the
// command is not blocked.
func TestReaderPanics(t *testing.T) {
	t.Parallel()
	c := command("flood")
	c.Stdout = func(io.Reader) error { panic("bug") }
	exit, err := c.Run(t.Context())
	if exit != 128+int(syscall.SIGPIPE) || err == nil || !strings.Contains(err.Error(), "bug") {
		t.Errorf("exit %d, %v", exit, err)
	}
}
