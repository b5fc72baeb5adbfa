package host

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// stateHandedBack is the variable in which the agent returns the one task variable
// that the main step leaves for the post-job step (azure-pipelines-agent
// TaskCommandExtension.cs, settaskvariable; Handler.cs,
// AddTaskVariablesToEnvironment).
const stateHandedBack = "VSTS_TASKVARIABLE_" + StateKey

// azureTask is Azure Pipelines as seen from a task.
type azureTask struct {
	azure
	nonce string
}

func newAzureTask(h *Host) *azureTask { return &azureTask{azure: *newAzure(h), nonce: rand.Text()} }

// journal stores values in a variable of this task, which no other step can set.
func (a *azureTask) journal() journal { return taskState{a} }

type taskState struct{ *azureTask }

func (taskState) keeper() Keeper { return OwnState }

func (a taskState) write(_, value string) error {
	a.prove()
	if a.rawPercents {
		value = strings.ReplaceAll(value, "%", `\u0025`) // it is JSON
	}
	return a.host.log.print(a.command("task.settaskvariable", a.nonce+" "+value, "variable", StateKey))
}

func (a taskState) read() (all Saved) {
	if value, ok := a.state(); ok {
		all.Entries = []Entry{{StateKey, value}}
	}
	return all
}

// state returns what the main step left, and whether the main step ran at all.
func (a *azureTask) state() (string, bool) {
	nonce, value, ok := strings.Cut(a.host.opts.Env[stateHandedBack], " ")
	if !ok || a.isVariable(stateHandedBack) && !a.proven(nonce) {
		return "", false
	}
	return value, true
}

// isVariable reports whether the job has a variable that a task sees under this
// name. If so, the task sees it whenever its main step was skipped.
func (a *azureTask) isVariable(key string) bool {
	var names []string
	_ = json.Unmarshal([]byte(a.host.opts.Env["VSTS_PUBLIC_VARIABLES"]), &names)
	for _, name := range names {
		if strings.EqualFold(strings.NewReplacer(".", "_", " ", "_").Replace(name), key) {
			return true
		}
	}
	return false
}

// prove writes a file whose name only the state contains. A post-job step that finds
// a variable of the job under the state's name can thus tell whether its main step
// ran. The file contains the id of this use of the task. It is not needed unless
// such a variable exists.
func (a *azureTask) prove() {
	path := a.proof(a.nonce)
	if path == "" {
		return
	}
	if f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		_, _ = f.WriteString(a.use()) // an incomplete id proves nothing
		_ = f.Close()
	}
}

func (a *azureTask) proven(nonce string) bool {
	text, err := os.ReadFile(a.proof(nonce))
	return err == nil && string(text) == a.use()
}

// use identifies the use of the task in this job; the agent numbers them
// (TaskRunner.cs).
func (a *azureTask) use() string { return a.host.opts.Env["SYSTEM_TASKINSTANCEID"] }

// EndTask ends a post-job step: its state no longer proves anything, and the files
// of this and the main step are removed.
func (h *Host) EndTask() {
	task, ok := h.dialect.(*azureTask)
	if !ok {
		return
	}
	nonce, _, _ := strings.Cut(h.opts.Env[stateHandedBack], " ")
	for _, path := range []string{task.proof(nonce), task.proof(task.nonce)} {
		if path != "" {
			_ = os.Remove(path) // the agent removes them later, too
		}
	}
}

func (a *azureTask) proof(nonce string) string {
	dir := a.host.opts.Env["AGENT_TEMPDIRECTORY"]
	if !filepath.IsAbs(dir) || nonce == "" || strings.Trim(nonce, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return ""
	}
	return filepath.Join(dir, "azstep-"+nonce)
}

// PrependPath adds a folder to the PATH of the job's later steps.
func (h *Host) PrependPath(dir string) error {
	task, ok := h.dialect.(*azureTask)
	if !ok {
		return errors.ErrUnsupported
	}
	if !task.writable(dir) {
		return unwritableHere("PATH")
	}
	return errors.Join(h.log.print(task.command("task.prependpath", dir)), h.Err())
}
