//go:build unix

package faults

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/formtest"
)

// form is how a host starts azstep.
type form string

// A plain azstep is started directly, in a run: or script: step, and in a Docker action.
const (
	plain     form = ""
	container form = "container" // the Docker action's, under the names of its entry points
	script    form = "script"    // the action's start script, with Node
	task      form = "task"      // the task's
	wine      form = "Windows"   // the program for Windows, with what AZSTEP_WINDOWS_RUN names
)

func layOut() (formtest.Kit, error) {
	binary, err := built()
	if err != nil {
		return formtest.Kit{}, err
	}
	return formtest.NewKit(root, binary, filepath.Join(scratch, "an äction", "v1"), filepath.Join(scratch, "_tasks", "azstep_ed32dcd5", "1.2.3"))
}

// where is a place in which azstep runs.
type where struct {
	host   string
	action bool
	form   form
}

func (p where) String() string {
	switch {
	case p.form == task:
		return p.host + " task"
	case p.form == script:
		return p.host + " action by Node"
	case p.form == wine:
		return p.host + " on Windows"
	case p.form == container:
		return p.host + " action in a container"
	case p.action:
		return p.host + " action"
	}
	return p.host
}

// operationIsInput says that no argument names the operation.
func (p where) operationIsInput() bool { return p.action || p.form == task }

func everywhere() []where {
	return []where{{host: hosttest.GitHub, action: true}, {host: hosttest.GitHub}, {host: hosttest.AzurePipelines}, {host: hosttest.Local}}
}

// withForms adds to places those on the same hosts where Node starts azstep, if there
// is one.
func withForms(t *testing.T, places []where) []where {
	t.Helper()
	_, err := laidOut()
	if errors.Is(err, formtest.ErrNoNode) {
		return places
	}
	if err != nil {
		t.Fatal(err)
	}
	all := append([]where{}, places...)
	for _, p := range places {
		switch {
		case p.action:
			all = append(all, where{p.host, true, script})
		case p.host == hosttest.AzurePipelines:
			all = append(all, where{p.host, false, task})
		}
	}
	return all
}

// dress makes the steps of a job be of that form.
func (f form) dress(j *hosttest.Job) error {
	if f == plain || f == container || f == wine {
		return nil
	}
	k, err := laidOut()
	k.Dress(j, f == task)
	return err
}

// commandLine is that with which a host starts a step of a job. Words are azstep's
// arguments, which no script takes, and no entry point.
func (f form) commandLine(j *hosttest.Job, words []string) ([]string, error) {
	post := len(words) > 0 && words[0] == "post"
	if own := j.Words(post); own != nil {
		k, err := laidOut()
		return append([]string{k.Node}, own...), err
	}
	binary, err := built()
	if f == wine {
		exe, err := builtForWindows()
		return append([]string{os.Getenv(windowsRun), exe}, words...), err
	}
	if f == container {
		name, err := entryPoint(binary, post)
		return []string{name}, err
	}
	return append([]string{binary}, words...), err
}

// entryPoint is the program under the name that docker/action.yml starts it by.
func entryPoint(binary string, post bool) (string, error) {
	name := binary + "-github"
	if post {
		name += "-post"
	}
	if err := os.Symlink(binary, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return name, nil
}
