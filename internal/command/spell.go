package command

import (
	"runtime"
	"slices"
	"sync"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/task"
)

// speller writes inputs as the reader of the log sets them.
func speller(h *host.Host) input.Speller {
	names := sync.OnceValue(steps.Inputs) // most runs have nothing to spell
	return input.Speller{
		Style: style(h),
		IsInput: func(name string) bool {
			return slices.Contains(names(), name) || h.Task() && slices.Contains(task.Connections(), name)
		},
	}
}

// style is how inputs are set on this host.
func style(h *host.Host) input.Style {
	switch {
	case h.ActionMode():
		return input.With
	case h.Task():
		return input.Camel
	case h.Kind() == host.Local && runtime.GOOS != "windows":
		return input.Shell
	}
	return input.Env
}
