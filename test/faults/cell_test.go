//go:build unix

package faults

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/hosttest"
)

// met is how a run that met a fault ended.
type met struct {
	outcome
	problems []string // promises that it broke
	late     bool     // the promise of time is among them
	took     time.Duration
	peak     int64 // bytes of memory
	log      string
}

func (m *met) wrong(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// play runs one cell in a world of its own.
func (c cell) play(dir string, trap *relay) (m met) {
	w, err := c.operation.world(dir)
	if err != nil {
		m.wrong("%v", err)
		return m
	}
	defer w.close()
	w.trap = trap.url()
	r, before, err := c.run(w)
	if err != nil {
		m.wrong("%v", err)
		return m
	}
	m.outcome = outcome{r.code(), r.Exit, len(w.services.Requests()) - before}
	m.took, m.peak, m.log = r.ended.Sub(w.armed), r.Peak, r.log(w)
	c.judge(&m, w, r)
	return m
}

// log is what the run printed, without its masks.
func (r ran) log(w *world) string {
	text := string(hosttest.WithoutMasks(w.job.Host, r.stdout)) + string(hosttest.WithoutMasks(w.job.Host, r.stderr))
	return strings.NewReplacer("::add-mask::\n", "", "##vso[task.setsecret]\n", "").Replace(text)
}

// run starts what the cell is about, with the fault armed where it begins.
// before is how many requests the services had got by then.
func (c cell) run(w *world) (r ran, before int, err error) {
	inputs, err := c.operation.inputs(w)
	if err != nil {
		return r, 0, err
	}
	inputs["timeout"] = c.limit().String()
	s, err := w.job.Step(inputs)
	if err != nil {
		return r, 0, err
	}
	arm := func() error {
		before, w.armed = len(w.services.Requests()), time.Now()
		return c.fault.arm(w, c.operation, c.lasts)
	}
	switch c.operation.place {
	case inPost:
		r, err = c.post(w, s, inputs, arm)
	case inExec:
		r, err = c.exec(w, s, arm)
	default:
		if err = arm(); err == nil {
			r, err = w.run(s)
		}
	}
	return r, before, err
}

// post mints in peace, and meets the fault in the post step.
func (c cell) post(w *world, s *hosttest.Step, inputs map[string]string, arm func() error) (ran, error) {
	r, err := w.run(s)
	switch {
	case err != nil:
		return r, err
	case r.Exit != 0:
		return r, fmt.Errorf("the mint before it: exit %d\n%s", r.Exit, r.log(w))
	}
	w.minted = r
	if err := arm(); err != nil {
		return r, err
	}
	return w.post(r, inputs)
}

// exec runs a command that goes on until the fault is armed.
func (c cell) exec(w *world, s *hosttest.Step, arm func() error) (r ran, err error) {
	const command = `touch running; while [ ! -e armed ]; do sleep 0.01; done; rm running armed`
	armed := make(chan error, 1)
	go func() {
		err := until(func() bool { _, err := os.Stat(filepath.Join(w.dir, "running")); return err == nil })
		if err == nil {
			err = arm()
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(w.dir, "armed"), nil, 0o600)
		}
		armed <- err
	}()
	r, err = w.run(s, "exec", "mint-pat", "--", "sh", "-c", command)
	if err == nil {
		err = <-armed
	}
	return r, err
}

// The input timeout of a run: short where an answer does not come, and never
// reached where it does.
const (
	brief = 6 * time.Second
	ample = 75 * time.Second
)

func (c cell) limit() time.Duration {
	if c.fault.slow && c.operation.place == inStep {
		return brief
	}
	return ample
}

// allowed is the deadline that ends what the cell is about.
func (c cell) allowed() time.Duration {
	switch c.operation.place {
	case inPost:
		return time.Minute // post's own
	case inExec:
		return 20 * time.Second // of the clean-up after a command
	}
	return c.limit()
}
