package killtest

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"azstep/internal/emulator"
	"azstep/internal/hosttest"
)

// place is where azstep runs.
type place struct {
	host   string
	action bool
}

func (p place) String() string {
	if p.action {
		return p.host + " action"
	}
	return p.host
}

func places() []place {
	return []place{{hosttest.GitHub, true}, {hosttest.GitHub, false}, {hosttest.AzurePipelines, false}, {hosttest.Local, false}}
}

// world is one job with services of its own.
type world struct {
	t *testing.T
	*emulator.Server
	place  place
	lane   chan struct{} // timed, unless a test says otherwise
	job    *hosttest.Job
	inputs map[string]string
	spoil  func(*exec.Cmd) // changes an azstep before it starts, if not nil
}

func newWorld(t *testing.T, p place) *world {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &world{
		t: t, Server: s, place: p, lane: timed,
		job: &hosttest.Job{Host: p.host, Action: p.action, Dir: t.TempDir()},
		inputs: map[string]string{
			"operation": "mint-pat", "organization": s.URL() + "/fabrikam", "scopes": "vso.project",
			"credential": s.Token(emulator.TokenOptions{ExpiresIn: 2 * time.Hour}), "ca-file": string(s.CAPEM()),
		},
	}
}

func (w *world) fault(faults ...emulator.Fault) {
	w.t.Helper()
	if err := w.AddFault(faults...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) step() *hosttest.Step {
	w.t.Helper()
	s, err := w.job.Step(w.inputs)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// run is one azstep, from its start to its end.
type run struct {
	hosttest.Ended
	exit   int           // 128+n after signal n
	lasted time.Duration // from the signal on, if there was one
	took   time.Duration
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
	name  syscall.Signal // 0: none
	since event
	after time.Duration
}

func (s signal) String() string {
	if s.name == 0 {
		return "undisturbed"
	}
	return fmt.Sprintf("%s %s after %s", s.name, s.after, s.since)
}

// start runs azstep to its end. Words are the command line with the name that
// it is started under.
func (w *world) start(s *hosttest.Step, sig signal, words ...string) run {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(binary)
	cmd.Args, cmd.Env, cmd.Dir = words, s.Environ(), w.job.Dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if w.spoil != nil {
		w.spoil(cmd)
	}
	r := w.attend(cmd, sig)
	r.Ended = s.End(stdout.Bytes(), stderr.Bytes())
	return r
}

// attend starts a command, signals it in time and waits for its end. It has a
// session of its own, so that no terminal meddles with its signals.
func (w *world) attend(cmd *exec.Cmd, sig signal) run {
	w.t.Helper()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = time.Second // for streams that exec's command holds open
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
			_ = cmd.Process.Signal(sig.name) // it may have ended
		})
	}
	_ = cmd.Wait()
	end := time.Now()
	close(ended)
	sending.Wait()
	return run{exit: exitCode(cmd.ProcessState), lasted: end.Sub(sent), took: end.Sub(begin)}
}

// await returns when it is time for the signal, or when its receiver has ended.
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

// seen says whether the services have seen the event, in any request that
// changes something.
func (w *world) seen(what event) bool {
	return what != asked && what != answered || slices.ContainsFunc(w.Requests(), func(r emulator.Request) bool {
		return r.Method != http.MethodGet && (what == asked || r.Status != 0)
	})
}

func exitCode(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return s.ExitCode()
}

// post runs what cleans up after a run.
func (w *world) post(after run, sig signal) run {
	w.t.Helper()
	s, err := w.job.Post(after.Ended, w.inputs)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.place.action {
		return w.start(s, sig, "/azstep-post")
	}
	return w.start(s, sig, "azstep", "post")
}

// mint runs the operation of the inputs.
func (w *world) mint(sig signal) run {
	w.t.Helper()
	return w.start(w.step(), sig, "/azstep")
}

// alive are the ids of the PATs that work.
func (w *world) alive() []string {
	var ids []string
	for _, p := range w.PATs() {
		if p.State == "active" {
			ids = append(ids, p.AuthorizationID)
		}
	}
	return ids
}

// settle waits until the services have handled what a killed client sent: on a
// CI host the time until a post step runs is longer.
func settle(slowest time.Duration) { time.Sleep(slowest + 20*time.Millisecond) }

// delivered is the id of the PAT in the outputs, if they are complete.
func (r run) delivered() string {
	for _, names := range [][]string{{"authorization-id", "valid-to"}, {"authorizationId", "validTo"}} {
		if r.Outputs["token"] != "" && r.Outputs[names[0]] != "" && r.Outputs[names[1]] != "" {
			return r.Outputs[names[0]]
		}
	}
	return ""
}

func (r run) log() string { return strings.Join(r.Log, "\n") }
