package command

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/mask"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
	"github.com/azstep/azstep/internal/trust"
)

// session is a credential with its connection to the services.
type session struct {
	process    *Process
	host       *host.Host
	common     steps.Common
	own        steps.Common // the inputs of this run, which alone allow hosts
	credential *auth.Credential
	transport  *transport.Transport
}

// running is one operation with everything that it needs.
type running struct {
	session
	step      steps.Step
	exec      bool   // for a command
	refreshed bool   // the new refresh token has been handed out
	unasked   string // what a dry run without a credential has found out
}

// prepare decodes the inputs, chooses the credential and checks where it would be
// sent. It reports all problems together, before anything is sent.
func (p *Process) prepare(ctx context.Context, h *host.Host, op steps.Operation) (*running, error) {
	r := &running{session: session{process: p, host: h}, step: op.New()}
	source := p.source(h)
	problems := append(p.misspelt(h, &r.common, r.step), source.Decode(ctx, &r.common)...)
	r.own = r.common
	if op.Mints && h.OnTerminal() && !bool(r.common.DryRun) {
		problems = append(problems, unseen(op.Name))
	}
	if system := h.Unmasked(); op.Mints && system != "" && !bool(r.common.DryRun) {
		problems = append(problems, unmasked(op.Name, system))
	}
	problems = fault.Append(problems, source.Decode(ctx, r.step)...)
	filed, isFiled := r.step.(steps.Filed)
	if isFiled {
		problems = fault.Append(problems, filed.Read(r.files())...)
	}
	problems = fault.Append(problems, r.choose(r.step.Need(), time.Now())...)
	problems = fault.Append(problems, r.check(r.step.Addresses())...)
	if err := r.connect(); err != nil {
		problems = fault.Append(problems, err)
	}
	if isFiled && len(problems) == 0 {
		if err := filed.Open(r.files()); err != nil {
			problems = fault.Append(problems, err)
		}
	}
	text, problems := r.offline(problems)
	if len(problems) == 0 && text != "" {
		r.unasked = text
		return r, nil
	}
	if len(problems) > 0 {
		r.close()
		return nil, fault.Join(problems)
	}
	return r, nil
}

// offline returns what a dry run without a credential has found out, if the step
// supports that: a policy can be checked before its user may read the resources. In
// that case, the inputs for authentication and addresses may be missing, and rest are
// the other problems.
func (r *running) offline(problems []error) (text string, rest []error) {
	step, ok := r.step.(interface{ Offline() string })
	if !ok || !bool(r.common.DryRun) || r.credential != nil || r.transport == nil {
		return "", problems
	}
	for _, problem := range problems {
		f := fault.From(problem)
		where := slices.Contains([]string{"organization", "project"}, f.Input) && strings.HasSuffix(f.Error(), "is required")
		if f.Code != fault.MissingCredential && !where {
			rest = append(rest, problem)
		}
	}
	ofPolicy := func(problem error) bool { return fault.From(problem).Input == "policy" }
	if text = step.Offline(); text == "" && !slices.ContainsFunc(rest, ofPolicy) {
		return "", problems
	}
	return text, rest
}

func (s *session) choose(need auth.Need, now time.Time) []error {
	c, err := auth.Choose(s.common.Inputs, need, s.authEnvironment(), now)
	if err != nil {
		return []error{err}
	}
	s.credential = c
	s.process.advise(s.host, c)
	return nil
}

func (s *session) authEnvironment() auth.Environment {
	return auth.Environment{
		Env: s.process.Env, Local: s.host.Kind() == host.Local, Azure: s.host.Kind() == host.AzurePipelines, Task: s.host.Task(),
		ReadFile: func(name, path string, limit int64) ([]byte, error) {
			text, err := s.files().ReadLinked(name, path, limit)
			s.host.Hide(strings.TrimSpace(string(text)))
			return text, err
		},
	}
}

// check rejects every address to which the credential may not be sent. It skips
// addresses that could not be built from the inputs.
func (s *session) check(addresses []steps.Address) (problems []error) {
	if s.credential == nil && s.common.Credential == "" {
		return nil
	}
	hosts := s.hosts()
	allow := func(kind transport.Kind, u *url.URL, input string) {
		if err := hosts.Allow(kind, u, input); err != nil {
			problems = append(problems, err)
		}
	}
	for _, a := range addresses {
		if a.URL != nil {
			allow(a.Kind, a.URL, a.Input)
		}
	}
	if s.credential == nil { // the one given is wrong, and the addresses may be, too
		return problems
	}
	if u := s.credential.Authority(); u != nil {
		allow(transport.Secret, u, "authority-host")
	}
	// Azure Pipelines' endpoint receives the job's own token. GitHub's receives a
	// token with no other use, and its host depends on the server.
	if u, variable := s.credential.Asserter(); u != nil && s.host.Kind() != host.GitHub {
		allow(transport.Token, u, variable)
	}
	return problems
}

// hosts returns where credentials may be sent, according to the inputs of this run.
func (s *session) hosts() transport.Hosts {
	return transport.Hosts{Trusted: s.own.TrustedHosts, Named: s.namedAuthority(), CI: s.host.Kind() != host.Local}
}

// namedAuthority returns the address in the input authority-host, or nil.
func (s *session) namedAuthority() *url.URL {
	named := auth.Inputs{}
	named.AuthorityHost, _ = s.process.source(s.host).Value("authority-host")
	return named.Authority()
}

// introduce warns about anything unusual in the proxy and the credential, and
// connects the credential to the network. The credential itself logs whose it is,
// once it knows.
func (s *session) introduce() {
	if transport.UnreadableProxy(s.process.Env) {
		s.host.Warnf("HTTPS_PROXY is not the address of a proxy: write http://host:port, and percent-encode special characters in the user name and password (%%23 for #)")
	}
	for _, warning := range s.credential.Warnings {
		s.host.Warnf("%s", warning)
	}
	s.credential.Connect(auth.Wire{
		Transport: s.transport, Hide: s.host.Hide, Log: s.host.Infof, Debug: s.debugf(),
		Warn: func(text string) { s.host.Warnf("%s", text) },
	})
}

// files gives access to the files that inputs name.
func (s *session) files() files {
	return files{input.NewWorkspace(s.process.Env, s.process.Dir), &s.process.masks}
}

// files is the workspace as a step sees it, without package os. What is written
// there contains no secret, even if a service put one into a name.
type files struct {
	input.Workspace
	masks *mask.Set
}

func (f files) Create(name, path string) (steps.File, error) {
	file, err := f.Workspace.Create(name, path)
	if err != nil {
		return nil, err
	}
	return redacted{f.masks.Writer(file), file}, nil
}

// redacted is a file whose content is masked.
type redacted struct {
	*mask.Writer
	file *input.NewFile
}

func (r redacted) Commit() error {
	if err := r.Flush(); err != nil {
		return err
	}
	return r.file.Commit()
}

func (r redacted) Discard() { r.file.Discard() }

// maxCA is more than any bundle of root certificates needs.
const maxCA = 4 << 20

// connect creates the transport. It checks the root certificates first and opens no
// connection yet.
func (s *session) connect() error {
	roots := []byte(s.common.CAFile)
	if s.common.CAFile != "" && !strings.Contains(s.common.CAFile, "BEGIN CERTIFICATE") {
		var err error
		if roots, err = s.files().ReadLinked("ca-file", s.common.CAFile, maxCA); err != nil {
			return err
		}
	}
	if s.common.CAFile != "" && len(roots) == 0 {
		return fault.Input("ca-file", "ca-file: give the path of a PEM file with root certificates, or remove the input", "ca-file: file %s is empty", input.Quote(s.common.CAFile))
	}
	o := trust.Options{CAs: roots, Env: s.process.Env}
	var untrusted []string
	if s.host.ActionMode() || s.host.Task() { // an earlier step of the job may have set these
		o.Env, untrusted = nil, set(s.process.Env, "AZURE_AUTHORITY_HOST", "SSL_CERT_FILE", "SSL_CERT_DIR")
	}
	trusted, err := trust.New(o)
	if err != nil {
		return err
	}
	s.transport = transport.New(transport.Options{
		Env: s.process.Env, Trust: trusted, Untrusted: untrusted,
		MaxAttempts: int(s.common.MaxAttempts), Log: s.host.Infof, Debug: s.debugf(),
		UserAgent: "azstep/" + s.process.Version + " (" + string(s.host.Kind()) + ")", Agent: s.host.Kind() == host.AzurePipelines,
	})
	return nil
}

// set returns the variables among names that have a value.
func set(env map[string]string, names ...string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return env[name] == "" })
}

// debugf returns the function that logs debug lines, or nil without debug logging.
func (s *session) debugf() func(format string, args ...any) {
	if !s.host.Debugging() {
		return nil
	}
	return s.host.Debugf
}

// close discards incomplete files and closes the connections.
func (r *running) close() {
	if filed, ok := r.step.(steps.Filed); ok {
		filed.Drop()
	}
	r.session.close()
}

func (s *session) close() {
	if s.transport != nil && !s.process.Ends {
		s.transport.Close()
	}
}
