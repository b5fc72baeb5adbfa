package command

import (
	"fmt"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/lease"
)

// leased is an intent that an earlier step recorded, and its key.
type leased struct {
	key string
	in  lease.Intent
}

// open returns the intents that may have a valid credential. An entry that azstep
// did not write, or that was changed, is a problem: there may be a valid credential
// that cannot be found any more.
func (p *poster) open(saved host.Saved) (open []leased, problems []error) {
	problems = saved.Problems
	for _, entry := range saved.Entries {
		l, err := p.read(entry)
		switch {
		case err != nil:
			problems = append(problems, err)
		case !l.in.Over():
			open = append(open, l)
		}
	}
	return open, problems
}

func (p *poster) read(entry host.Entry) (leased, error) {
	plain, _ := lease.Unseal(entry.Value, entry.Key, "")
	in, err := lease.Parse(plain)
	l := leased{entry.Key, in}
	switch {
	case err != nil:
		return l, p.damaged(entry.Key, "cannot be read: %v", err)
	case p.host.Keeper() != host.JobVariables:
		return l, nil
	}
	if !in.Over() {
		if err := p.allowed(in); err != nil {
			return l, lease.Alive(in, nil, err)
		}
	}
	return p.proven(entry, l)
}

// proven checks an entry against its code. If this step does not have the secret of
// the entry, it cannot distinguish the entry from a forged one. It then logs that,
// and the entry cannot hide anything: one that claims to be released is revoked once
// more.
func (p *poster) proven(entry host.Entry, l leased) (leased, error) {
	secret := p.common.Held(l.in.Access.Auth)
	_, verdict := lease.Unseal(entry.Value, entry.Key, secret)
	switch {
	case secret == "" && (l.in.Over() || !auth.Holds(l.in.Access.Auth)):
		p.host.Infof("%s names %q; azstep cannot check that an earlier azstep step wrote it, because %s", l.key, l.in.Name, unprovable(l.in))
	case secret == "": // resume says that it is missing
	case verdict == lease.OtherSecret:
		p.host.Warnf("%s names %q; azstep cannot check that an earlier azstep step wrote it, because this step has a different credential", l.key, l.in.Name)
		if l.in.State == lease.Released {
			l.in.State = lease.Open
		}
	case verdict != lease.Sealed:
		return l, p.damaged(entry.Key, "names %q, but was not written by azstep with this credential, or was changed since", l.in.Name)
	}
	return l, nil
}

func unprovable(in lease.Intent) string {
	if auth.Holds(in.Access.Auth) {
		return "the input " + in.Access.Auth + " is not set here"
	}
	return in.Access.Auth + " has no secret that both steps share"
}

func (p *poster) damaged(key, format string, args ...any) error {
	what := "the variable " + key
	switch p.host.Keeper() {
	case host.OwnState:
		what = "the state of this step"
	case host.StateFile:
		what = "the entry " + key + " in AZSTEP_STATE_FILE"
	}
	return fault.New(fault.RevokeFailed, "%s %s", what, fmt.Sprintf(format, args...)).
		With("check manually what this job minted; if the job runs code that you do not trust, find the step that wrote this")
}
