//go:build unix

package kills

import (
	"crypto/tls"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// place is where azstep runs.
type place struct {
	host   string
	action bool
	form   form
}

func (p place) String() string {
	if p.form != "" {
		return p.host + " " + string(p.form)
	}
	if p.action {
		return p.host + " action"
	}
	return p.host
}

func places() []place {
	return []place{{host: hosttest.GitHub, action: true}, {host: hosttest.GitHub}, {host: hosttest.AzurePipelines}, {host: hosttest.Local}}
}

// kind is a kind of credential: how azstep mints it, and how the services identify
// it.
type kind struct {
	method, path string   // of the request that mints; faults use the path, which also matches all other requests
	outputs      []string // outputs of a complete delivery besides token, in the hosts' spelling
	inputs       func(*emulator.Server) map[string]string
	alive        func(*emulator.Server) []string
	newest       func(*emulator.Server) time.Time // when the newest valid one was created
	refuses      bool                             // the id is in use, so nothing is minted
}

// world is one job with its own services.
type world struct {
	t *testing.T
	*emulator.Server
	kind   kind
	place  place
	lane   chan struct{} // timed by default
	job    *hosttest.Job
	inputs map[string]string
	spoil  func(*exec.Cmd) // changes a process before it starts; may be nil
	// before and connected count the requests and connections that no longer matter.
	before, connected int
}

func newWorld(t *testing.T, k kind, p place) *world {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &world{
		t: t, Server: s, kind: k, place: p, lane: timed, inputs: k.inputs(s),
		job: &hosttest.Job{Host: p.host, Action: p.action, Dir: t.TempDir()},
	}
	if err := p.form.dress(w.job); err != nil {
		t.Fatal(err)
	}
	w.inputs["ca-file"] = string(s.CAPEM())
	return w
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

// post runs the cleanup after a run.
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

// forget ignores the requests so far.
func (w *world) forget() { w.before, w.connected = len(w.Requests()), w.Connections() }

// alive returns the ids of the valid credentials.
func (w *world) alive() []string { return w.kind.alive(w.Server) }

// settle waits until the services have handled what a client sent that has ended: on a
// CI host, more time passes before the post step. Connections are accepted in their
// order, so that none waits to be accepted after a new one was.
func (w *world) settle() {
	w.t.Helper()
	probe, err := tls.Dial("tcp", strings.TrimPrefix(w.URL(), "https://"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // it says nothing
	if err != nil {
		w.t.Fatal(err)
	}
	_ = probe.Close()
	for w.OpenConnections() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// delivered returns the id of the credential in the outputs, if they are complete.
func (w *world) delivered(r run) string {
	id := ""
	for i, name := range append([]string{"token"}, w.kind.outputs...) {
		value := r.Outputs[name]
		if w.place.host != hosttest.GitHub {
			value = r.Outputs[camel(name)]
		}
		switch {
		case value == "":
			return ""
		case i == 1:
			id = value
		}
	}
	return id
}

// camel returns an output's name in the spelling of hosts other than GitHub.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}
