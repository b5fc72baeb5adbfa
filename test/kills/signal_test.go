//go:build unix

package kills

import (
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// TestSignalWhileNothingAnswers checks that services that hang do not delay azstep
// beyond the grace period, and that the error says that a credential may be left.
func TestSignalWhileNothingAnswers(t *testing.T) {
	t.Parallel()
	for _, p := range append(places(), byNode(t)...) {
		for name, exit := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
			t.Run(p.String()+" "+name.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, pats(), p)
				w.lane = patient
				w.fault(emulator.Fault{Kind: emulator.Hang, Effect: true, Times: -1})
				minted := w.mint(signal{name, asked, 20 * time.Millisecond})
				if minted.exit != exit || minted.lasted > grace {
					t.Errorf("exit %d %s after the signal", minted.exit, minted.lasted)
				}
				if got := minted.Outputs["error"]; got != "revoke-failed" {
					t.Errorf("the error is %q", got)
				}
				w.checkCode(minted, exit)
				w.cleanUp(minted, plan{})
			})
		}
	}
}

// checkCode is checkPromise for a mint that a signal ended.
func (w *world) checkCode(r run, exit int) {
	w.t.Helper()
	if r.exit == exit {
		r.exit = 1
	}
	w.checkPromise(r)
}

// TestSignalDuringPost checks that a post that was told to stop says so, and that
// the next one completes the work.
func TestSignalDuringPost(t *testing.T) {
	t.Parallel()
	for _, p := range append(places(), byNode(t)...) {
		for name, exit := range map[syscall.Signal]int{syscall.SIGTERM: 143, syscall.SIGINT: 130} {
			t.Run(p.String()+" "+name.String(), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, pats(), p)
				w.lane = patient
				minted := w.mint(signal{})
				w.checkPromise(minted)
				w.fault(emulator.Fault{Method: http.MethodDelete, Kind: emulator.Hang, Times: -1})
				post := w.post(minted, signal{name, started, 300 * time.Millisecond})
				if post.exit != exit || post.lasted > grace {
					t.Errorf("exit %d %s after the signal\n%s", post.exit, post.lasted, post.log())
				}
				w.cleanUp(minted, plan{})
			})
		}
	}
}
