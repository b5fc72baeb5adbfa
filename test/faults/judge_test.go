//go:build unix

package faults

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/hosttest"
)

// most is the memory that no run may exceed. slack is the time that a run may take
// beyond its deadline: much more than any load of the machine causes, and less than
// a run without a deadline takes.
const (
	most  = 64 << 20
	slack = 30 * time.Second
)

// judge returns the promises that the run broke, whatever the table says.
func (c cell) judge(m *met, w *world, r ran) {
	if m.peak > most {
		m.wrong("%d MiB of memory", r.Peak>>20)
	}
	if m.took > c.allowed()+slack {
		m.late = true
		m.wrong("it took %s, and may take %s", m.took.Round(time.Millisecond), c.allowed()+slack)
	}
	if c.fault.slow && m.requests == 0 {
		m.late = true
		m.wrong("it did not come to a request")
	}
	if m.requests > 1 && m.took < c.fault.waits {
		m.wrong("it took %s, and was asked to wait %s", m.took, c.fault.waits)
	}
	for _, problem := range r.Problems {
		m.wrong("the host: %s", problem)
	}
	c.judgeCode(m, r)
	c.judgeCredentials(m, w, r)
	m.leaks(w, r)
}

// judgeCode compares the error code with the fault, and everything else that reports
// the error with the code.
func (c cell) judgeCode(m *met, r ran) {
	if (m.code == "") != (r.Exit == 0) || r.Exit > 1 {
		m.wrong("exit %d with the code %q", r.Exit, m.code)
	}
	if told := r.output("error"); told != m.code && c.operation.place == inStep {
		m.wrong("the output error is %q, and the annotation %q", told, m.code)
	}
	if c.fault.passes && !c.lasts && m.code != "" {
		m.wrong("a fault that passes was not survived")
	}
	want := []string{"", c.fault.code}
	if c.operation.signsIn && c.fault.atEntra != "" {
		want = []string{"", c.fault.atEntra}
	}
	if c.operation.mints || c.operation.place != inStep {
		want = append(want, "revoke-failed")
	}
	if !slices.Contains(want, m.code) {
		m.wrong("the code %q is none of %q", m.code, want)
	}
}

// judgeCredentials compares the valid credentials with the delivered ones: none is
// minted twice, and none is left behind without an error about it.
func (c cell) judgeCredentials(m *met, w *world, r ran) {
	alive := w.alive()
	switch delivered := r.output("authorization-id") + r.output("token-id"); {
	case c.operation.place == inStep && !c.operation.mints:
		if len(alive) > w.given || r.Exit == 0 && c.operation.revokes && len(alive) >= w.given {
			m.wrong("exit %d, and alive are %q", r.Exit, alive)
		}
	case len(alive) == 0 && (delivered == "" || r.Exit != 0):
	case r.Exit == 0 && slices.Equal(alive, []string{delivered}):
	case m.code == "revoke-failed" && len(alive) == 1:
		c.judgeLast(m, w, r)
	default:
		m.wrong("delivered %q, and alive are %q", delivered, alive)
	}
	if n := w.teams("Fresh"); n > 1 || n == 1 != (r.output("team-id") != "") && r.Exit == 0 {
		m.wrong("%d teams of the name, and the id %q", n, r.output("team-id"))
	}
}

// judgeLast checks that the post step revokes what the error is about, once the
// fault is over.
func (c cell) judgeLast(m *met, w *world, r ran) {
	if c.operation.place == inExec || c.fault.below != nil && c.fault.lasts {
		return // there is no post step, or the services are gone
	}
	w.services.ClearFaults()
	w.relay.misbehave(nil, 0)
	mint := r
	if c.operation.place == inPost {
		mint = w.minted
	}
	after, err := w.post(mint, w.inputs)
	if err != nil || after.Exit != 0 || len(w.alive()) > 0 {
		m.wrong("post after it: exit %d, %v, alive are %q\n%s", after.Exit, err, w.alive(), after.log(w))
	}
}

// leaks searches everything that the step wrote, except the outputs and the masks.
func (m *met) leaks(w *world, r ran) {
	written := []byte(r.log(w))
	for _, key := range []string{"GITHUB_STATE", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"} {
		if r.env[key] == "" {
			continue // of another host
		}
		text, err := os.ReadFile(r.env[key])
		if err != nil {
			m.wrong("%v", err)
		}
		written = append(written, text...)
	}
	for _, secret := range []string{w.secret, "FAKEPAT", r.output("token")} {
		if forms := hosttest.Leaks(written, secret); len(forms) > 0 {
			m.wrong("%q shows: %s", secret, strings.Join(forms, ", "))
		}
	}
	if left, err := os.ReadDir(w.dir); err != nil || len(left) > 0 {
		m.wrong("the workspace holds %v (%v)", left, err)
	}
}
