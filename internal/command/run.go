package command

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
)

// delivery delivers a result: to the host's outputs, or to a command.
type delivery func(context.Context, steps.Result) (keep bool, err error)

// run performs the operation within its deadline.
func (r *running) run(ctx context.Context, deliver delivery) error {
	limit := r.common.Deadline(r.step)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fault.New(fault.Timeout, "the timeout of %s was reached", input.Duration(limit)))
	defer cancel()
	if err := r.host.Ready(); err != nil {
		return err
	}
	r.introduce()
	if err := r.begin(ctx, r.step.Addresses()); err != nil {
		return r.salvage(err)
	}
	return r.salvage(r.step.Run(ctx, r.env(deliver)))
}

// begin signs in while the connections that will be needed are being opened. A dry
// run opens none ahead, because it may send nothing at all.
//
// Every operation needs the credential, and if it cannot be obtained, it is best to
// report that before any intent is recorded.
func (s *session) begin(ctx context.Context, addresses []steps.Address) error {
	if !s.common.DryRun {
		s.transport.Warm(s.urls(addresses)...)
	}
	_, err := s.credential.Authorize(ctx)
	return err
}

// urls returns the addresses of the requests, in order.
func (s *session) urls(addresses []steps.Address) []*url.URL {
	asserter, _ := s.credential.Asserter()
	urls := []*url.URL{asserter, s.credential.Authority()}
	for _, a := range addresses {
		urls = append(urls, a.URL)
	}
	return urls
}

func (r *running) env(deliver delivery) steps.Env {
	ending, advice := r.process.ending(r.host, r.exec)
	return steps.Env{
		Caller:         transport.NewCaller(r.transport, r.credential.Authorize),
		Log:            r.host,
		Hide:           r.host.Hide,
		Token:          r.credential.Token,
		About:          r.credential.About,
		Proxy:          r.transport.Proxy,
		Journal:        newJournal(r.host, r.common.Held(r.credential.Identity().Auth)),
		Deliver:        deliver,
		Check:          r.host.Check,
		Now:            time.Now,
		DryRun:         bool(r.common.DryRun),
		Shown:          r.host.OnTerminal(),
		Attempts:       int(r.common.MaxAttempts),
		MaxOutput:      r.host.MaxOutput(),
		RunName:        steps.RunName(r.process.Env),
		Access:         r.access(),
		CredentialEnds: r.credential.Expires,
		Ending:         ending,
		Advice:         advice,
		Exec:           r.exec,
	}
}

// access says how to authenticate again, for the lease.
func (r *running) access() lease.Identity {
	id := r.credential.Identity()
	return lease.Identity{
		Auth: id.Auth, TenantID: id.TenantID, ClientID: id.ClientID, ServiceConnectionID: id.ServiceConnectionID,
		AuthorityHost: id.AuthorityHost, Audience: id.Audience,
	}
}

// publish delivers a result to the host.
func (r *running) publish(_ context.Context, result steps.Result) (bool, error) {
	return r.deliver(result, append(result.Outputs, r.refreshToken()...))
}

func (r *running) deliver(result steps.Result, outputs []host.Output) (bool, error) {
	var env []host.EnvVar
	if r.common.ExportEnv != "" && result.Token != "" {
		env = append(env, host.EnvVar{Name: r.common.ExportEnv, Value: result.Token})
	}
	if err := r.host.Publish(outputs, env...); err != nil {
		return false, err
	}
	r.refreshed = true
	if !r.host.OnTerminal() || !strings.HasPrefix(strings.Join(result.Summary.Lead, " "), result.Done) {
		r.host.Infof("%s", result.Done)
	}
	switch {
	case r.host.OnTerminal():
		r.host.Show(result.Summary, outputs)
	case bool(r.common.Summary) && result.Summary.Title != "":
		r.host.Summarize(result.Summary)
	}
	return true, nil
}

// refreshToken returns the output for a refresh token that Entra returned.
func (r *running) refreshToken() []host.Output {
	token, ok := r.credential.NewRefreshToken()
	switch {
	case !ok || r.refreshed:
		return nil
	case r.host.Unmasked() != "":
		r.refreshed = true
		r.host.Infof("Entra returned a new refresh token, which azstep does not print because %s cannot hide it; the one that you have still works until it expires", r.host.Unmasked())
		return nil
	}
	output := host.Output{Name: "refresh-token", Value: token, Secret: true}
	if err := r.host.Check(output); err != nil { // no reason to lose what was minted
		r.refreshed = true
		r.lostRefreshToken(err)
		return nil
	}
	return []host.Output{output}
}

func (r *running) lostRefreshToken(err error) {
	r.host.Warnf("could not output the new refresh token; the old one still works until it expires: %v", err)
}

// salvage delivers a new refresh token even if the operation failed, because the
// next run needs it. The error code is included, since a laptop gets one object.
func (r *running) salvage(err error) error {
	outputs := r.refreshToken()
	if err == nil || len(outputs) == 0 {
		return err
	}
	r.refreshed = true
	failed := host.Output{Name: "error", Value: string(fault.From(err).Code)}
	if lost := r.host.Publish(append(outputs, failed)); lost != nil {
		r.lostRefreshToken(lost)
	}
	return err
}
