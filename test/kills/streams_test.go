//go:build unix

package kills

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// full is a file on a full disk (full(4)).
const full = "/dev/full"

// TestFullDisk puts one file after the other on a full disk. A file that post needs
// must fail before anything is minted; the others fail later.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	action, run, azure, local := places()[0], places()[1], places()[2], places()[3]
	for name, tt := range map[string]struct {
		place    place
		variable string // variable that names the file; empty for stdout
		exit     int
		requests int
		said     string
	}{
		"outputs":                {action, "GITHUB_OUTPUT", 1, 2, "no space left"},
		"outputs of a run step":  {run, "GITHUB_OUTPUT", 1, 2, "no space left"},
		"state":                  {action, "GITHUB_STATE", 1, 0, "output-failed"},
		"state of a run step":    {run, "GITHUB_ENV", 1, 0, "output-failed"},
		"environment":            {action, "GITHUB_ENV", 1, 2, "output-failed"},
		"summary":                {action, "GITHUB_STEP_SUMMARY", 0, 1, "could not write the job summary"},
		"log":                    {action, "", 1, 0, ""},
		"log of Azure Pipelines": {azure, "", 1, 0, ""},
		"state of a laptop":      {local, "AZSTEP_STATE_FILE", 1, 0, "no space left"},
		"outputs of a laptop":    {local, "", 1, 2, "write the outputs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pats(), tt.place)
			w.inputs["export-env"] = "SOME_TOKEN"
			w.spoil = func(cmd *exec.Cmd) {
				if tt.variable != "" {
					cmd.Env = append(cmd.Env, tt.variable+"="+full)
				} else {
					cmd.Stdout = open(t, full)
				}
			}
			minted := w.mint(signal{})
			w.checkPromise(minted)
			said := minted.log() + minted.Outputs["error"]
			if minted.exit != tt.exit || len(w.Requests()) != tt.requests || !strings.Contains(said, tt.said) {
				t.Errorf("exit %d after %d requests, want %d after %d\n%s", minted.exit, len(w.Requests()), tt.exit, tt.requests, said)
			}
			w.spoil = nil
			w.cleanUp(minted, plan{})
		})
	}
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// TestClosedStream closes the reader of a stream, immediately or while the service
// handles a request.
func TestClosedStream(t *testing.T) {
	t.Parallel()
	for _, p := range places() {
		for _, when := range []event{started, asked} {
			t.Run(p.String()+" at "+string(when), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, pats(), p)
				w.lane = patient
				w.fault(emulator.Fault{Method: "POST", DelayAfter: 5 * time.Second})
				w.spoil = func(cmd *exec.Cmd) { cmd.Stdout = w.closedAt(when) }
				minted := w.mint(signal{})
				w.checkPromise(minted)
				if minted.exit != 1 || len(w.alive()) > 0 {
					t.Errorf("exit %d, valid %q", minted.exit, w.alive())
				}
				if unsent := when == started && p.host != hosttest.Local; unsent && len(w.Requests()) > 0 {
					t.Errorf("something was sent:\n%s", w.requests())
				}
				w.spoil = nil
				w.cleanUp(minted, plan{})
			})
		}
	}
}

// closedAt is a stream whose reader is closed at an event.
func (w *world) closedAt(when event) *os.File {
	w.t.Helper()
	r, file, err := os.Pipe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = file.Close() })
	if when == started {
		_ = r.Close()
		return file
	}
	over := make(chan struct{})
	w.t.Cleanup(func() { close(over) })
	go func() {
		w.await(signal{since: when}, over)
		_ = r.Close()
	}()
	return file
}

// TestStreamsThatDoNotMatter checks that the log on a laptop may have no reader, and
// that stdin is not needed anywhere.
func TestStreamsThatDoNotMatter(t *testing.T) {
	t.Parallel()
	for _, p := range places() {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, pats(), p)
			w.spoil = func(cmd *exec.Cmd) {
				cmd.Stderr = w.closedAt(started)
				silent, _, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = silent.Close() })
				cmd.Stdin = silent
			}
			minted := w.mint(signal{})
			w.checkPromise(minted)
			if minted.exit != 0 {
				t.Errorf("exit %d\n%s", minted.exit, minted.log())
			}
			w.cleanUp(minted, plan{})
		})
	}
}
