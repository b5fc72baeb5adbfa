package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/transport"
)

// login signs a user in on a laptop and writes the refresh token to stdout, once.
func (p *Process) login(ctx context.Context, h *host.Host, words []string) error {
	if err := p.mayLogin(h, words); err != nil {
		return err
	}
	r := &running{session: session{process: p, host: h}}
	if problems := append(p.misspelt(h), p.source(h).Decode(ctx, &r.common)...); len(problems) > 0 {
		return fault.Join(problems)
	}
	in := r.common.Inputs
	if in.AuthorityHost != "" {
		hosts := transport.Hosts{Trusted: r.common.TrustedHosts}
		if err := hosts.Allow(transport.Secret, in.Authority(), "authority-host"); err != nil {
			return err
		}
	}
	if err := r.connect(); err != nil {
		return err
	}
	defer r.close()
	user, err := auth.Login(ctx, auth.LoginOptions{
		Transport: r.transport, Hide: h.Hide, Log: h.Infof,
		AuthorityHost: in.AuthorityHost, TenantID: in.TenantID, ClientID: in.ClientID,
		Method: strings.TrimSpace(p.Env["AZSTEP_LOGIN_METHOD"]), Prompt: prompt(h), Visit: p.browser(),
	})
	if err != nil {
		return err
	}
	h.Infof("signed in as %s", cmp.Or(user.Who, "a user (Entra did not return the name)"))
	if _, err := fmt.Fprintln(p.Stdout, user.RefreshToken); err != nil {
		return fault.New(fault.OutputFailed, "write the refresh token: %w", err)
	}
	h.Infof("keep the refresh token in a secret store, and pass it in the input refresh-token; it expires in 90 days at the latest")
	return nil
}

// prompt tells the user where to sign in.
func prompt(h *host.Host) func(url, code string) {
	return func(url, code string) {
		if code == "" {
			h.Infof("sign in with the browser; if it does not open, open this address on this machine: %s", url)
			return
		}
		h.Infof("open %s and enter the code %s", url, code)
	}
}

const elsewhere = "redirect stdout to a secret store or a file, such as `azstep login > token` with umask 077"

// mayLogin fails if the refresh token would be visible to others.
func (p *Process) mayLogin(h *host.Host, words []string) error {
	switch {
	case len(words) > 0:
		return badUsage("login takes no arguments")
	case h.Kind() != host.Local:
		return fault.New(fault.InvalidInput, "login does not work in CI jobs").With("run `azstep login` on a laptop, and pass the refresh token to CI jobs from a secret store")
	case p.StdoutLost:
		return fault.New(fault.InvalidInput, "login cannot write the refresh token, because stdout is closed").With(elsewhere)
	case p.StdoutIsTerminal:
		return fault.New(fault.InvalidInput, "login does not write a refresh token to a terminal").With(elsewhere)
	}
	return nil
}
