package command

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
)

// postTimeout limits the cleanup at the end of a job: long enough for retries, short
// enough for a job that is being cancelled.
const postTimeout = time.Minute

// poster is one run of `azstep post`. Leases say what to revoke; only its own inputs
// decide where a credential may be sent.
type poster struct {
	process  *Process
	host     *host.Host
	common   steps.Common
	sessions map[sessionKey]*session
}

// sessionKey is what leases have in common that are revoked with the same
// credential.
type sessionKey struct {
	kind    string
	access  lease.Identity
	expired bool // by this machine's clock
}

// post revokes what this job's earlier steps minted and did not revoke. If there is
// nothing to do, it sends nothing. It fails only if a credential may still be valid.
func (p *Process) post(ctx context.Context, h *host.Host, words []string) error {
	if len(words) > 0 {
		return badUsage("post takes no arguments")
	}
	for _, wrong := range p.misspelt(h) {
		h.Warnf("%v", wrong)
	}
	post := &poster{process: p, host: h, sessions: map[sessionKey]*session{}}
	// Invalid inputs at this point must not prevent the revocation.
	_ = p.source(h).Decode(ctx, &post.common)
	saved := h.Saved()
	for _, note := range saved.Notes {
		h.Warnf("%s", note)
	}
	open, problems := post.open(saved)
	if len(open) == 0 && len(problems) == 0 {
		h.Infof("nothing to revoke%s", nothing(h, saved))
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, postTimeout, fault.New(fault.Timeout, "azstep post took longer than %s", input.Duration(postTimeout)))
	defer cancel()
	problems = append(problems, post.release(ctx, open)...)
	if len(problems) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.RevokeFailed, RequestID: fault.From(problems[0]).RequestID, Hints: remedies(problems), Err: fault.Join(problems)}
}

// nothing says why there is nothing to revoke.
func nothing(h *host.Host, saved host.Saved) string {
	switch {
	case h.Keeper() == host.Nowhere:
		return ": AZSTEP_STATE_FILE is not set, so azstep does not know what earlier runs created"
	case h.Keeper() == host.OwnState && len(saved.Entries) == 0:
		return ": this step has no state, so its main step created nothing"
	}
	return ""
}

// remedies says what to do about the problems, and finally what to do by hand.
func remedies(problems []error) []string {
	_, byHand := fault.Meaning(fault.RevokeFailed)
	hints := slices.DeleteFunc(slices.Clone(fault.Join(problems).Advice()), func(hint string) bool { return hint == byHand })
	return append(hints, byHand)
}

// outcome is the result for one lease.
type outcome struct {
	line string // for the log
	err  error
}

// release handles all leases at the same time, so that a service that does not
// respond does not delay the others, and reports them in order.
func (p *poster) release(ctx context.Context, open []leased) (problems []error) {
	ended := make([]chan outcome, len(open))
	for i, l := range open {
		ended[i] = make(chan outcome, 1)
		s, err := p.session(l.in)
		if err != nil {
			ended[i] <- outcome{err: lease.Alive(l.in, nil, err)}
			continue
		}
		go func() { ended[i] <- p.end(ctx, s, l) }()
	}
	for _, one := range ended {
		switch o := <-one; {
		case o.err != nil:
			problems = append(problems, o.err)
		default:
			p.host.Infof("%s", o.line)
		}
	}
	for _, s := range p.sessions {
		s.close()
	}
	return problems
}

// end revokes one lease and records that it is over. This machine's clock decides
// nothing: a credential that seems to have expired is revoked like any other, and
// one that cannot be revoked counts as over if it has expired by its service's
// clock.
func (p *poster) end(ctx context.Context, s *session, l leased) outcome {
	count, err := p.revoke(ctx, s, l.in)
	line := fmt.Sprintf("%q was already gone", l.in.Name)
	switch {
	case err != nil && l.in.Seen(serviceClock(err)):
		line = fmt.Sprintf("%q expired at %s according to the service's clock", l.in.Name, l.in.End().UTC().Format("2006-01-02 15:04:05 UTC"))
	case err != nil:
		return outcome{err: lease.Alive(l.in, nil, err)}
	case count.Revoked > 0:
		line = fmt.Sprintf("revoked %q", l.in.Name)
	}
	l.in.State = lease.Released
	if err := (journal{p.host, l.key, p.common.Held(l.in.Access.Auth)}).Record(l.in); err != nil {
		p.host.Warnf("could not record that %q is revoked: %v", l.in.Name, err)
	}
	return outcome{line: line}
}

func (p *poster) revoke(ctx context.Context, s *session, in lease.Intent) (lease.Count, error) {
	if _, err := s.credential.Authorize(ctx); err != nil {
		return lease.Count{}, &transport.Unsent{Err: err}
	}
	return steps.Release(ctx, transport.NewCaller(s.transport, s.credential.Authorize), in)
}

// serviceClock returns the time of the service's clock in a refusal, or zero if the
// service was not reached.
func serviceClock(err error) time.Time {
	if _, unsent := errors.AsType[*transport.Unsent](err); unsent {
		return time.Time{}
	}
	return fault.From(err).Date
}

// session creates the credential and the transport for a lease, one for all leases
// with the same identity.
func (p *poster) session(in lease.Intent) (*session, error) {
	key := sessionKey{in.Kind, in.Access, in.End().Before(time.Now())}
	if s, ok := p.sessions[key]; ok {
		s.transport.Warm(s.urls(addresses(in))...)
		return s, nil
	}
	s, err := p.resume(in)
	if err != nil {
		return nil, err
	}
	p.sessions[key] = s
	s.transport.Warm(s.urls(addresses(in))...)
	return s, nil
}

// resume creates a session for a lease. Addresses and identity come from the lease.
// The inputs of this run decide whether a credential may be sent there, and provide
// the secrets and ca-file.
func (p *poster) resume(in lease.Intent) (*session, error) {
	need, _, ok := steps.ReleaseNeed(in.Kind)
	if !ok {
		return nil, fmt.Errorf("this version of azstep cannot revoke %q", in.Kind)
	}
	s := p.named(in)
	problems := s.common.Inputs.Validate()
	if len(problems) == 0 {
		problems = p.lost(in, s.choose(need, p.now(in)))
	}
	if len(problems) == 0 {
		problems = untrusted(s.check(addresses(in)))
	}
	if len(problems) > 0 {
		return nil, fault.Join(problems)
	}
	if err := s.connect(); err != nil {
		return nil, err
	}
	if p.now(in).IsZero() {
		s.credential.Warnings = nil // they depend on this machine's clock, which post does not rely on
	}
	s.introduce()
	return s, nil
}

// named is a session with the identity of a lease and the trust settings of this
// run.
func (p *poster) named(in lease.Intent) *session {
	s := &session{process: p.process, host: p.host, common: p.common, own: p.common}
	identity(in.Access).Apply(&s.common.Inputs)
	return s
}

// now returns the time against which a credential's expiry is checked. If the lease
// seems to have expired, the clock may be wrong, so the credential is tried in any
// case.
func (p *poster) now(in lease.Intent) time.Time {
	if now := time.Now(); now.Before(in.End()) {
		return now
	}
	return time.Time{}
}

// allowed reports whether this run allows a credential to be sent to the lease's
// address, and whether the lease names an identity at all.
func (p *poster) allowed(in lease.Intent) error {
	if _, _, ok := steps.ReleaseNeed(in.Kind); !ok {
		return nil // resume says so
	}
	s := p.named(in)
	named, hosts := s.common.Inputs, s.hosts()
	to := addresses(in)
	if auth.AsksEntra(in.Access.Auth) && in.Access.AuthorityHost != "" {
		to = append(to, steps.Address{Kind: transport.Secret, URL: named.Authority()})
	}
	var problems []error
	for _, a := range to {
		if err := hosts.Allow(a.Kind, a.URL, a.Input); err != nil {
			problems = append(problems, err)
		}
	}
	problems = untrusted(problems)
	if problems = append(problems, named.Validate()...); len(problems) > 0 {
		return fault.Join(problems)
	}
	return nil
}

// untrusted says who can allow the hosts that were rejected.
func untrusted(problems []error) (all []error) {
	for _, problem := range problems {
		f := fault.From(problem)
		f.Err = fmt.Errorf("the step that created it recorded an address that the inputs of this step do not allow: %w", f.Err)
		f.Hints = append(f.Hints, "give this step the same trusted-hosts and authority-host as the step that created the credential; what a step records cannot allow a host")
		all = append(all, f)
	}
	return all
}

// lost explains a missing credential if the runner lost the inputs: it evaluates
// those of an action in a composite action within a composite action without their
// values (actions/runner#2009).
func (p *poster) lost(in lease.Intent, problems []error) []error {
	if len(problems) == 0 || !p.host.ActionMode() || !auth.Holds(in.Access.Auth) || p.common.Held(in.Access.Auth) != "" {
		return problems
	}
	f := fault.From(problems[0])
	f.Err = fmt.Errorf("%w; the main step had it, so the runner lost the inputs of this post step", f.Err)
	again := "give the action its inputs"
	if len(f.Hints) > 0 {
		again = f.Hints[0]
	}
	f.Hints = []string{
		"the runner loses the inputs of an action in a composite action that another composite action uses: use azstep in the workflow itself, or in the outer action, and there " + again,
		"or create and revoke in run: steps: `azstep exec`, or `azstep post` as the last step with `if: always()`",
	}
	return []error{f}
}

// addresses returns where requests about a lease are sent.
func addresses(in lease.Intent) []steps.Address {
	_, kind, _ := steps.ReleaseNeed(in.Kind)
	base, err := client.ParseBase(in.Base)
	if err != nil {
		base = new(url.URL) // which no credential is sent to
	}
	return []steps.Address{{Kind: kind, URL: base}}
}

func identity(l lease.Identity) auth.Identity {
	return auth.Identity{Auth: l.Auth, TenantID: l.TenantID, ClientID: l.ClientID, ServiceConnectionID: l.ServiceConnectionID, AuthorityHost: l.AuthorityHost, Audience: l.Audience}
}
