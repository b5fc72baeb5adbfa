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

// met is the result of a run that met a fault.
type met struct {
	outcome
	problems []string // promises that the run broke
	late     bool     // the promise about time is one of them
	took     time.Duration
	peak     int64 // memory, in bytes
	log      string
}

func (m *met) wrong(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// play runs one cell with its own services.
func (c cell) play(dir string, trap *relay) (m met) {
	w, err := c.operation.world(dir, c.form)
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
	if c.form != plain {
		m.peak = 0 // it is Node's
	}
	c.judge(&m, w, r)
	return m
}

// log returns the output of the run, without its masks.
func (r ran) log(w *world) string {
	text := string(hosttest.WithoutMasks(w.job.Host, r.stdout)) + string(hosttest.WithoutMasks(w.job.Host, r.stderr))
	return strings.NewReplacer("::add-mask::\n", "", "##vso[task.setsecret]\n", "").Replace(text)
}

// run starts the part of the job that the cell is about, and arms the fault where
// that part begins. before is the number of requests that the services had received
// by then.
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

// post mints without a fault, and meets the fault in the post step.
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

// exec runs a command that continues until the fault is armed.
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

// The input timeout of a run: short if an answer does not arrive, and otherwise
// never reached.
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

// allowed is the deadline for the part of the job that the cell is about.
func (c cell) allowed() time.Duration {
	switch c.operation.place {
	case inPost:
		return time.Minute // the deadline of post
	case inExec:
		return 20 * time.Second // the deadline of the cleanup after a command
	}
	return c.limit()
}
