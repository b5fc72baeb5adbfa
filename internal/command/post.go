package command

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
)

// postTimeout bounds the clean-up at the end of a job: long enough for retries,
// short enough for a job that is being cancelled.
const postTimeout = time.Minute

// post releases what this job's earlier steps minted and did not release. It
// sends nothing when there is nothing, and fails only when a credential may
// be left alive.
func (p *Process) post(ctx context.Context, h *host.Host, words []string) error {
	if len(words) > 0 {
		return badUsage("post takes no arguments")
	}
	for _, wrong := range p.misspelt(h) {
		h.Warnf("%v", wrong)
	}
	open, problems := p.leases(h)
	if len(open) == 0 && len(problems) == 0 {
		h.Infof("nothing to release")
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, postTimeout, fault.New(fault.Timeout, "post took longer than %s", postTimeout))
	defer cancel()
	for key, in := range open {
		if err := p.release(ctx, h, key, in); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.RevokeFailed, RequestID: fault.From(problems[0]).RequestID, Hints: advice(problems), Err: fault.Join(problems)}
}

// advice is what to do about the problems, and last what to do by hand.
func advice(problems []error) []string {
	_, byHand := fault.Meaning(fault.RevokeFailed)
	hints := slices.DeleteFunc(slices.Clone(fault.Join(problems).Advice()), func(hint string) bool { return hint == byHand })
	return append(hints, byHand)
}

// leases are the intents of which something may be alive, by their keys.
func (p *Process) leases(h *host.Host) (map[string]lease.Intent, []error) {
	open := map[string]lease.Intent{}
	var problems []error
	for key, text := range h.Saved() {
		in, ok := readLease(text)
		if !ok {
			problems = append(problems, fault.New(fault.RevokeFailed, "the lease %s cannot be read", key))
			continue
		}
		switch {
		case in.State == lease.Released, in.State == lease.Kept && in.Lost == 0:
		case in.Expires.Before(time.Now()):
			h.Infof("%q expired %s", in.Name, in.Expires.UTC().Format(time.RFC3339))
		default:
			open[key] = in
		}
	}
	return open, problems
}

// readLease is the intent that a step wrote down. One that does not say what it
// is about is none: it would pass for one that has expired.
func readLease(text string) (in lease.Intent, ok bool) {
	err := json.Unmarshal([]byte(text), &in)
	return in, err == nil && in.Kind != "" && in.Base != "" && in.Name != "" && !in.Expires.IsZero()
}

// release ends one lease, and writes down that it is over.
func (p *Process) release(ctx context.Context, h *host.Host, key string, in lease.Intent) error {
	s, err := p.resume(ctx, h, in)
	if err != nil {
		return lease.Alive(in, nil, err)
	}
	defer s.close()
	if err := s.begin(ctx, addresses(in)); err != nil {
		return lease.Alive(in, nil, err)
	}
	n, err := steps.Release(ctx, transport.NewCaller(s.transport, s.credential.Authorize), in)
	if err != nil {
		return lease.Alive(in, nil, err)
	}
	if n == 0 {
		h.Infof("%q is gone already", in.Name)
	} else {
		h.Infof("revoked %q", in.Name)
	}
	in.State = lease.Released
	if err := (journal{h, key}).Record(in); err != nil {
		h.Warnf("write down that %q is revoked: %v", in.Name, err)
	}
	return nil
}

// resume makes the credential and the transport that a lease names. Addresses
// and identity come from the lease; the environment gives secrets and ca-file
// alone, and whatever else is wrong in it by now keeps nothing alive.
func (p *Process) resume(ctx context.Context, h *host.Host, in lease.Intent) (*session, error) {
	need, _, ok := steps.ReleaseNeed(in.Kind)
	if !ok {
		return nil, fmt.Errorf("%q is nothing that this azstep can revoke", in.Kind)
	}
	s := &session{process: p, host: h}
	_ = p.source(h).Decode(ctx, &s.common)
	identity(in.Access).Apply(&s.common.Inputs)
	s.common.TrustedHosts = in.Access.TrustedHosts
	problems := s.common.Inputs.Validate()
	if len(problems) == 0 {
		problems = s.choose(need)
	}
	if len(problems) == 0 {
		problems = s.check(addresses(in))
	}
	if len(problems) > 0 {
		return nil, fault.Join(problems)
	}
	if err := s.connect(); err != nil {
		return nil, err
	}
	s.introduce()
	return s, nil
}

// addresses are where requests about a lease go.
func addresses(in lease.Intent) []steps.Address {
	_, kind, _ := steps.ReleaseNeed(in.Kind)
	return []steps.Address{{Kind: kind, URL: in.Base}}
}

func identity(l lease.Identity) auth.Identity {
	return auth.Identity{Auth: l.Auth, TenantID: l.TenantID, ClientID: l.ClientID, ServiceConnectionID: l.ServiceConnectionID, AuthorityHost: l.AuthorityHost}
}
