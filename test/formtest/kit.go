package formtest

import "github.com/azstep/azstep/internal/hosttest"

// Kit is what Node starts: the action's start scripts and the task, with a program.
type Kit struct {
	Node   string // the newest that is here
	Script *hosttest.Script
	Task   *hosttest.Task
}

// NewKit copies the action to the folder action and unpacks the task in the folder
// task. It returns [ErrNoNode] if there is no Node.
func NewKit(root, program, action, task string) (k Kit, err error) {
	if k.Node, err = Newest(root); err != nil {
		return k, err
	}
	if k.Script, err = Action(root, program, action); err != nil {
		return k, err
	}
	k.Task, err = Task(root, program, task)
	return k, err
}

// Dress makes the steps of a job those of the task, or those of the action.
func (k Kit) Dress(j *hosttest.Job, task bool) {
	if task {
		j.Task = k.Task
	} else {
		j.Script = k.Script
	}
}
