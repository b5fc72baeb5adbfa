//go:build unix

package kills

import (
	"bytes"
	"net/http"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// TestOneSilentServiceDoesNotDelayTheOthers checks that post releases all leases at
// the same time: a revocation without a response does not delay the others, and is
// reported.
func TestOneSilentServiceDoesNotDelayTheOthers(t *testing.T) {
	t.Parallel()
	for _, p := range places() {
		if p.action {
			continue // each step of an action has its own post step
		}
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pats(), p)
			w.lane = patient
			for range 4 {
				if r := w.mint(signal{}); r.exit != 0 {
					t.Fatalf("exit %d\n%s", r.exit, r.log())
				}
			}
			w.fault(emulator.Fault{Kind: emulator.Hang, Method: http.MethodDelete})
			s := w.step()
			var stdout, stderr bytes.Buffer
			cmd := exec.Command(binary)
			cmd.Args, cmd.Env, cmd.Dir = []string{"azstep", "post"}, s.Environ(), w.job.Dir
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for len(w.alive()) > 1 && len(ended) == 0 {
				time.Sleep(50 * time.Millisecond)
			}
			left := len(w.alive())
			_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
			<-ended
			if left != 1 || exitCode(cmd.ProcessState) != 143 {
				t.Errorf("%d of 4 are valid, exit %d\n%s%s", left, exitCode(cmd.ProcessState), &stdout, &stderr)
			}
		})
	}
}
