//go:build unix

package kills

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/formtest"
)

// form is what a host starts: the program, or with Node a script that starts it.
type form string

const (
	script form = "action by Node"
	task   form = "task"
)

var laidOut = sync.OnceValues(func() (formtest.Kit, error) {
	dir := filepath.Dir(binary)
	return formtest.NewKit(root, binary, filepath.Join(dir, "action"), filepath.Join(dir, "task"))
})

const root = "../.."

// byNode are the places where Node starts azstep, if there is one.
func byNode(t *testing.T) []place {
	t.Helper()
	_, err := laidOut()
	if errors.Is(err, formtest.ErrNoNode) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return []place{{hosttest.GitHub, true, script}, {hosttest.AzurePipelines, false, task}}
}

// dress makes the steps of a job be of that form.
func (f form) dress(j *hosttest.Job) error {
	if f == "" {
		return nil
	}
	k, err := laidOut()
	k.Dress(j, f == task)
	return err
}

// command is what the host starts for a step, or for its post step.
func (w *world) command(post bool, words []string) *exec.Cmd {
	own := w.job.Words(post)
	if own == nil {
		cmd := exec.Command(binary)
		cmd.Args = words
		return cmd
	}
	k, _ := laidOut() // it was, when the job got its script
	return exec.Command(k.Node, own...)
}

// end sends a signal. A host that kills a step kills all its processes.
func (w *world) end(cmd *exec.Cmd, name syscall.Signal) {
	if name == syscall.SIGKILL && w.place.form != "" {
		formtest.KillTree(cmd.Process.Pid)
		return
	}
	_ = cmd.Process.Signal(name) // it may have ended
}

// TestStepKilledAtAnyInstant does to the action's start scripts and to the task's
// what [TestKilledAtAnyInstant] does to the program, a quarter as often, with the
// signals that their hosts send.
func TestStepKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	for n, p := range byNode(t) {
		usual := usually(t, p)
		for i := range (instants() + 3) / 4 {
			for _, k := range []kind{pats(), iotTokens()} {
				t.Run(p.String()+" "+k.method+" "+strconv.Itoa(i), func(t *testing.T) {
					t.Parallel()
					plan := planned(1<<20+i*4+n, usual)
					if plan.mint.name == syscall.SIGQUIT || plan.mint.name == syscall.SIGABRT {
						plan.mint.name = syscall.SIGINT
					}
					newWorld(t, k, p).disturb(plan)
				})
			}
		}
	}
}
