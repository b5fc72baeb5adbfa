package command

import (
	"github.com/azstep/azstep/internal/advice"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
)

// advise makes the host choose hints by where the step runs and by the credential,
// which is nil until one is chosen.
func (p *Process) advise(h *host.Host, c *auth.Credential) {
	at := advice.Situation{Place: place(h), Post: first(p.words()) == "post"}
	h.Advise(func(f *fault.Error) []string {
		at.Credential = sent(c)
		return at.Hints(f)
	})
}

func place(h *host.Host) advice.Place {
	switch {
	case h.ActionMode():
		return advice.Action
	case h.Task():
		return advice.Task
	case h.Kind() == host.Local:
		return advice.Laptop
	}
	return advice.Step
}

// sent returns the kind of credential that was sent to the service.
func sent(c *auth.Credential) advice.Credential {
	if c == nil {
		return advice.Unknown
	}
	switch c.Kind {
	case auth.PAT:
		return advice.PAT
	case auth.JobToken:
		return advice.JobToken
	case auth.SAS:
		return advice.SAS
	}
	if c.Application() {
		return advice.Application
	}
	return advice.User
}
