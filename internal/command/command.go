// Package command connects everything: it parses the command line, detects the host,
// and runs one operation between its inputs and outputs. It is the only package that
// imports all others, and it knows nothing about any API or host itself.
package command

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/mask"
	"github.com/azstep/azstep/internal/steps"
)

// Process is what the operating system provides to a process, so that tests can
// provide it, too.
type Process struct {
	Args             []string // with the name that it was started under
	Env              map[string]string
	Dir              string // the working directory
	PID              int
	Stdin            io.Reader
	Stdout, Stderr   io.Writer
	StdoutIsTerminal bool
	StderrIsTerminal bool
	Width            func() int // width of the terminal, in columns; 0 or nil if unknown
	StdoutLost       bool       // stdout was closed before the program began
	Manifest         []byte     // action.yml
	Version          string     // as sent to services
	Build            Build
	// Ends says that the process exits after Run. Its connections are then left to
	// the system, because closing each of them properly takes longer than masking
	// and writing all output.
	Ends bool
	// Begin, if not nil, is called before any work, and thus before a signal could
	// leave anything behind.
	Begin func(context.Context) Begun

	// Terminal describes the streams if some are a terminal. Self is how to start
	// this program once more, for exec's command: [child.Command].
	Terminal *child.Terminal
	Self     []string

	forward func() <-chan os.Signal // of Begun; nil if signals are not caught
	masks   mask.Set                // what came in, was fetched or minted
	ignored []string                // secrets in variables that a task does not read
}

// Run executes the command line and returns the exit code.
func (p *Process) Run(ctx context.Context) int {
	words := p.words()
	if p.started().Task {
		return p.task(ctx, words)
	}
	if topic, ok := p.wantsHelp(words); ok {
		return p.help(topic)
	}
	switch first(words) {
	case "version", "--version":
		return p.print(p.Build.line())
	case "completion":
		return p.completion(words[1:])
	case "login":
		return p.onHost(ctx, true, func(ctx context.Context, h *host.Host) error { return p.login(ctx, h, words[1:]) })
	case "post":
		return p.onHost(ctx, false, func(ctx context.Context, h *host.Host) error { return p.post(ctx, h, words[1:]) })
	case "exec":
		return p.exec(ctx, words[1:])
	}
	return p.onHost(ctx, false, func(ctx context.Context, h *host.Host) error { return p.step(ctx, h, words) })
}

// commands lists the words on the command line that are not operations.
func commands() []string {
	return []string{"exec", "post", "login", "help", "version", "completion"}
}

// words returns the command line without the program's name. If it was started for a
// post step, the program is `azstep post` whatever its arguments are, because the
// runner repeats those of the main step.
func (p *Process) words() []string {
	if p.started().Post {
		return []string{"post"}
	}
	if len(p.Args) == 0 {
		return nil
	}
	return p.Args[1:]
}

func (p *Process) started() host.Started {
	if len(p.Args) == 0 {
		return host.Started{}
	}
	return host.StartedAs(p.Args[0])
}

func first(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// onHost detects the host, hides every secret in the environment, and reports the
// result of do. The exit code of a process that was told to stop says so. taken says
// that stdout is not for outputs: it belongs to a command, or is for a refresh
// token.
func (p *Process) onHost(ctx context.Context, taken bool, do func(context.Context, *host.Host) error) int {
	if p.Begin != nil {
		ctx = p.begin(ctx)
	}
	h, err := p.host(taken)
	if err != nil {
		return p.withoutHost(err)
	}
	for _, secret := range append(input.Secrets(p.Env), p.ignored...) {
		h.Hide(secret)
	}
	p.warnExposed(h)
	if first(p.words()) != "post" { // before anything can fail
		h.Begin(lease.Nothing())
	}
	err = fault.Guard(func() error { return do(ctx, h) })
	if err == nil {
		return 0
	}
	code := h.Report(err)
	if p.wantsSummary(h) {
		h.SummarizeFailure(p.name(h), err)
	}
	if stop := new(fault.Error); errors.As(context.Cause(ctx), &stop) && stop.Code == fault.Cancelled {
		return stop.ExitCode()
	}
	return code
}

// wantsSummary reports whether the job's page should show what failed. The input may
// itself be invalid; only false disables the summary.
func (p *Process) wantsSummary(h *host.Host) bool {
	value, _ := p.source(h).Value("summary")
	return !strings.EqualFold(value, "false")
}

// name is what ran, for a heading.
func (p *Process) name(h *host.Host) string {
	words := p.words()
	if operation, _ := p.source(h).Value("operation"); first(words) == "" {
		words = []string{operation}
	}
	if _, known := steps.Find(first(words)); known || slices.Contains(commands(), first(words)) {
		return "azstep " + first(words)
	}
	return "azstep"
}

func (p *Process) host(taken bool) (*host.Host, error) {
	started := p.started()
	kind := started.Kind
	if kind == "" {
		var err error
		if kind, err = host.Detect(p.Env, p.PID); err != nil {
			return nil, err
		}
	}
	h := host.New(host.Options{
		Kind: kind, Action: started.Kind == host.GitHub || started.Post, Task: started.Task, Env: p.Env, Stdout: p.Stdout, Stderr: p.Stderr, StdoutLost: p.StdoutLost,
		StdoutIsTerminal: p.StdoutIsTerminal, StderrIsTerminal: p.StderrIsTerminal, Width: p.Width,
		Exec: taken, Raw: p.Terminal.Raw, InContainer: p.PID == 1, Masks: &p.masks,
	})
	h.Spell(speller(h))
	p.advise(h, nil)
	return h, nil
}

// withoutHost reports that no host was found. Anything that is not certainly a
// laptop gets plain text on stderr, without any secret.
func (p *Process) withoutHost(err error) int {
	h := host.New(host.Options{
		Kind: host.Local, Env: p.Env, Stdout: io.Discard, Stderr: p.Stderr, StderrIsTerminal: p.StderrIsTerminal,
		Masks: &p.masks,
	})
	h.Spell(speller(h))
	for _, secret := range input.Secrets(p.Env) {
		h.Hide(secret)
	}
	return h.Report(err)
}

// print writes text that needs no operation.
func (p *Process) print(text string) int {
	if _, err := io.WriteString(p.Stdout, text); err != nil {
		return p.withoutHost(fault.New(fault.OutputFailed, "write to stdout: %w", err).With("redirect stdout to a file system with free space"))
	}
	return 0
}
