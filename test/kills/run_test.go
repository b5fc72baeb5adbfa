//go:build unix

package kills

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// run is one azstep process, from its start to its end.
type run struct {
	hosttest.Ended
	exit   int           // exit code; 128+n after signal n
	lasted time.Duration // time since the signal, if there was one
	took   time.Duration
	stderr string
}

// event is something that a signal can wait for.
type event string

const (
	started  event = "the start"
	asked    event = "the request"
	answered event = "the answer"
)

// signal is sent some time after an event.
type signal struct {
	name  syscall.Signal // 0 means none
	since event
	after time.Duration
}

func (s signal) String() string {
	if s.name == 0 {
		return "undisturbed"
	}
	return fmt.Sprintf("%s %s after %s", s.name, s.after, s.since)
}

// start runs azstep to its end. words is the command line, including the name that
// it is started under.
func (w *world) start(s *hosttest.Step, sig signal, words ...string) run {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := w.command(slices.ContainsFunc(words, func(word string) bool { return strings.HasSuffix(word, "post") }), words)
	cmd.Env, cmd.Dir = s.Environ(), w.job.Dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if w.spoil != nil {
		w.spoil(cmd)
	}
	r := w.attend(cmd, sig)
	r.Ended, r.stderr = s.End(stdout.Bytes(), stderr.Bytes()), stderr.String()
	return r
}

// attend starts a command, signals it at the right moment and waits for its end. The
// command has its own session, so that no terminal interferes with its signals.
func (w *world) attend(cmd *exec.Cmd, sig signal) run {
	w.t.Helper()
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	}
	w.lane <- struct{}{}
	defer func() { <-w.lane }()
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	sent, ended := begin, make(chan struct{})
	var sending sync.WaitGroup
	if sig.name != 0 {
		sending.Go(func() {
			w.await(sig, ended)
			sent = time.Now()
			w.end(cmd, sig.name)
		})
	}
	_ = cmd.Wait()
	end := time.Now()
	close(ended)
	sending.Wait()
	return run{exit: exitCode(cmd.ProcessState), lasted: end.Sub(sent), took: end.Sub(begin)}
}

// await returns when it is time for the signal, or when the process has ended.
func (w *world) await(sig signal, ended <-chan struct{}) {
	for !w.seen(sig.since) {
		select {
		case <-ended:
			return
		case <-time.After(100 * time.Microsecond):
		}
	}
	select {
	case <-ended:
	case <-time.After(sig.after):
	}
}

// seen reports whether the services have seen the event, in a request that mints.
func (w *world) seen(what event) bool {
	return what != asked && what != answered || slices.ContainsFunc(w.Requests()[w.before:], func(r emulator.Request) bool {
		return r.Method == w.kind.method && (what == asked || r.Status != 0)
	})
}

func exitCode(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return s.ExitCode()
}

// quitEarly reports whether SIGQUIT or SIGABRT arrived before azstep caught signals,
// and thus before it did anything: Go's runtime then ends the process with stack
// traces and exit code 2.
func (r run) quitEarly(s signal) bool {
	loud := s.name == syscall.SIGQUIT || s.name == syscall.SIGABRT
	return loud && r.exit == 2 && strings.Contains(r.stderr, "SIG") && strings.Contains(r.stderr, "goroutine ")
}

func (r run) log() string { return strings.Join(r.Log, "\n") }
