package command

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/mask"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
)

// running is one operation with everything that it needs.
type running struct {
	process    *Process
	host       *host.Host
	step       steps.Step
	common     steps.Common
	credential *auth.Credential
	transport  *transport.Transport
	exec       bool // for a command
	refreshed  bool // the new refresh token has been handed out
}

// prepare decodes the inputs, chooses the credential and checks where it would
// go. All that is wrong is reported at once, and nothing has been sent.
func (p *Process) prepare(ctx context.Context, h *host.Host, op steps.Operation) (*running, error) {
	r := &running{process: p, host: h, step: op.New()}
	source := p.source(h)
	problems := source.Decode(ctx, &r.common)
	problems = fault.Append(problems, source.Decode(ctx, r.step)...)
	filed, isFiled := r.step.(steps.Filed)
	if isFiled {
		problems = fault.Append(problems, filed.Read(r.files())...)
	}
	problems = fault.Append(problems, r.choose()...)
	problems = fault.Append(problems, r.check()...)
	if err := r.connect(); err != nil {
		problems = fault.Append(problems, err)
	}
	if isFiled && len(problems) == 0 {
		if err := filed.Open(r.files()); err != nil {
			problems = fault.Append(problems, err)
		}
	}
	if len(problems) > 0 {
		r.close()
		return nil, fault.Join(problems)
	}
	return r, nil
}

func (r *running) choose() []error {
	c, err := auth.Choose(r.common.Inputs, r.step.Need(), r.process.authEnvironment(r.host), time.Now())
	if err != nil {
		return []error{err}
	}
	r.credential = c
	return nil
}

func (p *Process) authEnvironment(h *host.Host) auth.Environment {
	return auth.Environment{Env: p.Env, Local: h.Kind() == host.Local, Azure: h.Kind() == host.AzurePipelines}
}

// check refuses every address that the credential may not be sent to. One that
// could not be made of the inputs is no address.
func (r *running) check() (problems []error) {
	if r.credential == nil {
		return nil
	}
	hosts := transport.Hosts{Trusted: r.common.TrustedHosts}
	if r.host.Kind() != host.GitHub {
		hosts.Collection = r.process.Env["SYSTEM_COLLECTIONURI"]
	}
	for _, a := range r.step.Addresses() {
		if a.URL == "" {
			continue
		}
		kind := a.Kind
		if kind == transport.Token && r.credential.Kind == auth.JobToken {
			kind = transport.JobToken
		}
		if err := hosts.Allow(kind, a.URL); err != nil {
			problems = append(problems, err)
		}
	}
	for _, url := range r.credential.SecretHosts() {
		if err := hosts.Allow(transport.Secret, url); err != nil {
			problems = append(problems, err)
		}
	}
	// Azure Pipelines' is asked with the job's own token; GitHub's with a token
	// that is good for nothing else, and its host is the server's own affair.
	if url := r.credential.AssertionURL(); url != "" && r.host.Kind() != host.GitHub {
		if err := hosts.Allow(transport.JobToken, url); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// introduce says what is odd about the proxy and the credential, and gives it the way to the
// network; it says itself who it is once it knows.
func (r *running) introduce() {
	if transport.UnreadableProxy(r.process.Env) {
		r.host.Warnf("HTTPS_PROXY is not the address of a proxy: write http://host:port, and percent-encode what is special in its user name and password (%%23 for #)")
	}
	for _, warning := range r.credential.Warnings {
		r.host.Warnf("%s", warning)
	}
	r.credential.Connect(auth.Wire{Client: r.transport.Client(), Hide: r.host.Hide, Log: r.host.Infof, MaxAttempts: int(r.common.MaxAttempts)})
}

// files are those that inputs name.
func (r *running) files() files {
	return files{input.NewWorkspace(r.process.Env, r.process.Dir), &r.process.masks}
}

// files is the workspace as a step knows it: without the package os. What is
// written there holds no secret, whatever a service put into a name.
type files struct {
	input.Workspace
	masks *mask.Set
}

func (f files) Create(input, path string) (io.WriteCloser, error) {
	file, err := f.Workspace.Create(input, path)
	if err != nil {
		return nil, err
	}
	return redacted{f.masks.Writer(file), file}, nil
}

// redacted is a file behind the masks.
type redacted struct {
	*mask.Writer
	file io.Closer
}

func (r redacted) Close() error { return errors.Join(r.Flush(), r.file.Close()) }

// maxCA is more than any bundle of root certificates needs.
const maxCA = 4 << 20

// connect makes the transport. The roots are the first thing that it is asked
// to check, and nothing is dialled yet.
func (r *running) connect() error {
	roots := []byte(r.common.CAFile)
	if r.common.CAFile != "" && !strings.Contains(r.common.CAFile, "-----BEGIN") {
		var err error
		if roots, err = r.files().ReadFile("ca-file", r.common.CAFile, maxCA); err != nil {
			return err
		}
	}
	if r.common.CAFile != "" && len(roots) == 0 {
		return fault.Input("ca-file", "ca-file: give the path of a PEM file with root certificates, or leave it out", "ca-file: file %s is empty", input.Quote(r.common.CAFile))
	}
	t, err := transport.New(transport.Options{
		Env: r.process.Env, CAs: roots, MaxAttempts: int(r.common.MaxAttempts), Log: r.host.Infof, Debug: r.debugf(),
		UserAgent: "azstep/" + r.process.Version + " (" + string(r.host.Kind()) + ")",
	})
	if err != nil {
		return err
	}
	r.transport = t
	return nil
}

// debugf is where debug lines go, or nil where nobody asked for any.
func (r *running) debugf() func(format string, args ...any) {
	if !r.host.Debugging() {
		return nil
	}
	return r.host.Debugf
}

func (r *running) close() {
	if r.transport != nil && !r.process.Ends {
		r.transport.Close()
	}
}
