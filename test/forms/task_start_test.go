//go:build unix

package forms

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/test/formtest"
)

// A job that is cancelled in the middle of a mint gets SIGINT, or SIGTERM if that
// arrives first. No credential may stay valid, and the post-job step must have
// nothing to do.
func TestTaskCancelled(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			onTaskNodes(t, func(t *testing.T, w *agentWorld) {
				if err := w.AddFault(emulator.Fault{Method: http.MethodPost, Path: "*/pats", DelayAfter: time.Second}); err != nil {
					t.Fatal(err)
				}
				sent := false
				w.meanwhile = func(p *os.Process, ended <-chan struct{}) {
					for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline) && w.alive() == 0; time.Sleep(10 * time.Millisecond) {
					}
					sent = w.alive() == 1 && p.Signal(signal) == nil
				}
				pat := w.mint("pat")
				w.job.Run(pat)
				if !sent || pat.Exit != 128+int(signal) || pat.Outputs["token"] != "" || w.alive() != 0 || len(w.PATs()) != 1 {
					t.Errorf("sent %v, %d alive\n%s", sent, w.alive(), told(pat))
				}
			})
		})
	}
}

// If a step is killed, its PAT is revoked by the post-job step.
func TestTaskKilled(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		if err := w.AddFault(emulator.Fault{Method: http.MethodPost, Path: "*/pats", DelayAfter: time.Second}); err != nil {
			t.Fatal(err)
		}
		w.meanwhile = func(p *os.Process, ended <-chan struct{}) {
			for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline) && w.alive() == 0; time.Sleep(10 * time.Millisecond) {
			}
			formtest.KillTree(p.Pid)
		}
		pat := w.mint("pat")
		w.job.Run(pat)
		if pat.Exit == 0 || w.alive() != 0 || len(w.PATs()) != 1 {
			t.Errorf("%d of %d alive\n%s", w.alive(), len(w.PATs()), told(pat))
		}
	})
}

// The agent unpacks a task without its file modes. If the folder is read-only, a
// copy in the agent's temporary folder is started.
func TestTaskWithoutModes(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		readOnly := filepath.Join(t.TempDir(), "read-only.js") // as on a read-only mount
		write(t, readOnly, `require('node:fs').chmodSync = new Proxy(require('node:fs').chmodSync, { apply(f, self, args) {
			if (String(args[0]).includes('_tasks')) throw Object.assign(new Error('read-only file system'), { code: 'EROFS' });
			return f.apply(self, args);
		} });`)
		w.job.Env["NODE_OPTIONS"] = "--require=" + readOnly
		pat := w.mint("pat")
		w.job.Run(pat)
		copied, _ := filepath.Glob(filepath.Join(w.job.Dir, "azstep-*", "azstep"))
		if pat.Exit != 0 || w.alive() != 0 || len(w.PATs()) != 1 || len(copied) != 2 {
			t.Fatalf("%d alive, started %q\n%s", w.alive(), copied, told(pat))
		}
		delete(w.job.Env, "NODE_OPTIONS")
		again := w.mint("again")
		w.job.Run(again)
		info, err := os.Stat(filepath.Join(w.task.Dir, "bin", formtest.ProgramName()))
		if again.Exit != 0 || err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%v %v\n%s", info.Mode(), err, told(again))
		}
	})
}

// On a platform without a program, the step fails and lists the platforms that have
// one. The post-job step of a skipped step reports nothing.
func TestTaskWithoutAProgram(t *testing.T) {
	t.Parallel()
	onTaskNodes(t, func(t *testing.T, w *agentWorld) {
		bin := filepath.Join(w.task.Dir, "bin")
		if err := os.Rename(filepath.Join(bin, formtest.ProgramName()), filepath.Join(bin, "azstep-win32-x64.exe")); err != nil {
			t.Fatal(err)
		}
		pat := w.mint("pat")
		w.job.Run(pat)
		issues := w.job.Agent.Issues
		if pat.Exit != 1 || len(issues) != 1 || !strings.Contains(issues[0].Message, "win32-x64") || len(pat.PostLog) != 0 {
			t.Errorf("%+v\n%s", issues, told(pat))
		}
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
