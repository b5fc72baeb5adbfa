//go:build unix

package forms

import (
	"net/http"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/test/formtest"
)

// hold lets the next mint create its PAT, and holds back the response.
func (w *world) hold() {
	w.t.Helper()
	if err := w.AddFault(emulator.Fault{Method: http.MethodPost, Path: "*/pats", DelayAfter: time.Second}); err != nil {
		w.t.Fatal(err)
	}
}

// If a job is cancelled in the middle of a mint, SIGINT must be enough, and no
// credential may stay valid.
func TestCancelledInTheMiddleOfAMint(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.hold()
		took := make(chan formtest.Canceled, 1)
		o := w.play(w.step(w.mint()), func(p *os.Process, ended <-chan struct{}) {
			defer close(took)
			if w.eventually(func() bool { return len(w.active()) == 1 }) {
				took <- formtest.Cancel(p, ended)
			}
		}, w.action.Main)
		c := <-took
		if o.exit != 128+int(syscall.SIGINT) || len(w.active()) != 0 || o.Outputs["token"] != "" || c != (formtest.Canceled{Interrupt: true}) {
			t.Errorf("exit code %d, %d alive, %+v\n%s", o.exit, len(w.active()), c, o.log())
		}
	})
}

// Every signal that ends a step must reach the program, and its exit code must be
// returned.
func TestSignals(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			w := newWorld(t, node)
			w.hold()
			o := w.play(w.step(w.mint()), func(p *os.Process, _ <-chan struct{}) {
				if w.eventually(func() bool { return len(w.active()) == 1 }) {
					_ = p.Signal(signal)
				}
			}, w.action.Main)
			if o.exit != 128+int(signal) || len(w.active()) != 0 {
				t.Errorf("%v: exit code %d, %d alive\n%s", signal, o.exit, len(w.active()), o.log())
			}
		}
	})
}

// A step that is killed cannot clean up, but its post step can: what it needs was
// stored before the mint.
func TestKilledInTheMiddleOfAMint(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.hold()
		with := w.mint()
		main := w.play(w.step(with), func(p *os.Process, _ <-chan struct{}) {
			if w.eventually(func() bool { return len(w.active()) == 1 }) {
				_ = p.Kill()
			}
		}, w.action.Main)
		if main.exit != 128+int(syscall.SIGKILL) || len(w.active()) != 1 {
			t.Fatalf("exit code %d, %d alive\n%s", main.exit, len(w.active()), main.log())
		}
		if post := w.post(main, with); post.exit != 0 || len(w.active()) != 0 {
			t.Errorf("the post step: exit code %d, %d alive\n%s", post.exit, len(w.active()), post.log())
		}
	})
}

// A program that is killed by its own signal is reported as a shell would report it.
func TestProgramThatIsKilled(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.replace("#!/bin/sh\nkill -9 $$\n", 0o755)
		if o := w.run(nil); o.exit != 128+int(syscall.SIGKILL) {
			t.Errorf("exit code %d\n%s", o.exit, o.log())
		}
	})
}
