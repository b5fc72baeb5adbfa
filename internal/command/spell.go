package command

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/mask"
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

// style returns how inputs are set on this host.
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

// warnExposed names the inputs and variables whose secret is too short to mask. It
// comes after the masks of the others, and never shows the value.
func (p *Process) warnExposed(h *host.Host) {
	for _, key := range input.Exposed(p.Env, mask.Short) {
		h.Warnf("%s contains a secret shorter than 4 characters, which cannot be hidden in the log: check that its value is complete", p.asTyped(h, key))
	}
}

// asTyped returns a variable as its user knows it: by the input's name if the host
// fills it from an input.
func (p *Process) asTyped(h *host.Host, key string) string {
	name, ok := strings.CutPrefix(key, "INPUT_")
	if !ok || !h.ActionMode() && !h.Task() {
		return key
	}
	return "the input " + strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}
