package command

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/task"
)

// Setup is the value of the task's input operation that puts azstep on the PATH of
// the job's later steps.
const Setup = "setup"

// task runs azstep as the task of Azure Pipelines: its main step or its post-job
// step.
func (p *Process) task(ctx context.Context, words []string) int {
	p.ignored = input.Secrets(p.Env)
	env, warnings, problems := task.Environment(p.Env, steps.Inputs())
	p.Env = env
	if first(words) == "post" {
		return p.taskPost(ctx)
	}
	return p.onHost(ctx, false, func(ctx context.Context, h *host.Host) error {
		for _, warning := range warnings {
			h.Warnf("%s", warning)
		}
		if len(problems) > 0 {
			return fault.Join(problems)
		}
		if operation, _ := p.source(h).Value("operation"); operation == Setup {
			return p.setup(h)
		}
		return p.step(ctx, h, words)
	})
}

// taskPost is the post-job step. If the main step did not run, it sends and logs
// nothing. A connection that can no longer be used is only an error if it is needed.
func (p *Process) taskPost(ctx context.Context) int {
	if h, err := p.host(false); err == nil && h.Skipped() {
		return 0
	}
	return p.onHost(ctx, false, func(ctx context.Context, h *host.Host) error {
		defer h.EndTask()
		return p.post(ctx, h, nil)
	})
}

// setup puts the program into its own folder, under the name that users type, and
// adds that folder to the PATH. The agent removes it when the job has ended.
func (p *Process) setup(h *host.Host) error {
	dir, err := os.MkdirTemp(p.Env["AGENT_TEMPDIRECTORY"], "azstep-")
	if err != nil {
		return notSetUp(err)
	}
	name := "azstep"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	program, err := os.Executable()
	if err == nil {
		err = copyProgram(program, filepath.Join(dir, name))
	}
	if err == nil {
		err = h.PrependPath(dir)
	}
	if err != nil {
		return notSetUp(err)
	}
	h.Infof("azstep %s is on the PATH of the job's later steps", p.Version)
	return nil
}

func notSetUp(err error) error {
	return fault.New(fault.OutputFailed, "put azstep on the PATH: %w", err).With("check that the agent's temporary directory (Agent.TempDirectory) is writable and has free space")
}

func copyProgram(from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // it is a program
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if closed := target.Close(); err == nil {
		err = closed
	}
	return err
}
