// Package host talks to the reader of azstep's output: GitHub Actions, Azure
// Pipelines, or a person. Only this package writes to stdout and stderr, and to the
// files through which a CI host receives outputs and state.
//
// All text takes the same path: secrets are replaced, anything that could be a
// workflow command or move the cursor of a terminal is made visible, the host's own
// escaping is applied, and each line is written to one stream in a single write. The
// three dialects only encode.
//
// The package decides nothing: it does not know what is secret (package mask does),
// what an operation's outputs mean, or when to exit. It reads only the environment
// that it is given.
package host

import (
	"io"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/mask"
)

// Kind is a host; its values are those of AZSTEP_HOST.
type Kind string

// The hosts that azstep supports.
const (
	GitHub         Kind = "github"
	AzurePipelines Kind = "azure-pipelines"
	Local          Kind = "local"
)

// Options say where azstep runs. Kind comes from [Detect].
type Options struct {
	Kind             Kind
	Action           bool              // a start script or an entry point of the action said so, see [StartedAs]
	Task             bool              // the start script of the task said so
	Env              map[string]string // the process environment
	Stdout, Stderr   io.Writer
	StdoutIsTerminal bool
	StderrIsTerminal bool
	Width            func() int // of the terminal, in columns; 0 or nil where it is not known
	StdoutLost       bool       // whatever is written to Stdout is lost
	// Exec is set when stdout belongs to the user's command: masks, commands and
	// azstep's own lines go to stderr on every host, and no JSON is written.
	Exec bool
	// Raw, if not nil, reports whether the terminal is in raw mode.
	Raw func() bool
	// InContainer is set when azstep is PID 1: the agent of Azure Pipelines cannot
	// read files that such a process writes.
	InContainer bool
	Masks       *mask.Set // nil for a new one
}

// Speller rewrites the names of inputs in messages.
type Speller interface {
	Text(text string) string  // where they are marked
	Hint(text string) string  // in a hint
	Blame(text string) string // in a text that begins with the input it is about
}

// Spell makes the host name inputs in the reader's spelling instead of kebab case.
func (h *Host) Spell(s Speller) { h.spell = s }

// Advise makes the host print the hints that choose returns instead of those in the
// error.
func (h *Host) Advise(choose func(*fault.Error) []string) { h.choose = choose }

// verbatim leaves names unchanged.
type verbatim struct{}

func (verbatim) Text(text string) string  { return text }
func (verbatim) Hint(text string) string  { return text }
func (verbatim) Blame(text string) string { return text }

// Host writes to one host in its dialect. It is safe for concurrent use.
type Host struct {
	opts          Options
	log, out, err *stream // log is the one stream of masks, commands and own lines
	dialect       dialect
	spell         Speller
	choose        func(*fault.Error) []string // chooses hints; if nil, those in the error are used
	debug         bool

	hiding sync.Mutex // held while a secret is being registered and not yet hidden

	mu         sync.Mutex
	delivered  bool // Publish has written outputs
	summarized bool // the job's page shows the result
	coded      bool // the output error is set
	unmasked   bool // the host cannot be told to mask a secret
}

// dialect encodes everything for one kind of host. The text that it gets is already
// clean.
type dialect interface {
	encoder
	publisher
	journal() journal
}

// encoder encodes the lines for a host.
type encoder interface {
	// mask returns the line that registers a single-line form of a secret, or "".
	mask(form string) string
	// line returns the line for a note, without a line break.
	line(note) string
}

// publisher passes results to the host.
type publisher interface {
	ready() error
	// check reports whether the host would accept these outputs.
	check(outputs []Output) error
	publish(outputs []Output, env []EnvVar) error
	// summarize reports whether the host shows the summary; if not, it is printed.
	summarize(s Summary) (shown bool, err error)
}

// New returns the Host that o describes.
func New(o Options) *Host {
	if o.Masks == nil {
		o.Masks = new(mask.Set)
	}
	h := &Host{opts: o, spell: verbatim{}, out: &stream{w: o.Stdout, raw: o.Raw}, err: &stream{w: o.Stderr, raw: o.Raw}}
	h.out.other, h.err.other = h.err, h.out
	h.log = h.out
	if o.Exec || o.Kind == Local {
		h.log = h.err
	}
	h.dialect, h.debug = h.newDialect()
	return h
}

// newDialect chooses the dialect, and reports whether the host wants debug lines.
// The variables are those that the hosts set when a user enables debugging
// (actions/runner Constants.cs; variable System.Debug of Azure Pipelines).
func (h *Host) newDialect() (dialect, bool) {
	switch h.opts.Kind {
	case GitHub:
		return newGitHub(h), h.opts.Env["RUNNER_DEBUG"] == "1"
	case AzurePipelines:
		if h.opts.Task {
			return newAzureTask(h), isTrue(h.opts.Env["SYSTEM_DEBUG"])
		}
		return newAzure(h), isTrue(h.opts.Env["SYSTEM_DEBUG"])
	default:
		return &local{host: h}, isTrue(h.opts.Env["AZSTEP_DEBUG"])
	}
}

// Kind returns the kind of the host.
func (h *Host) Kind() Kind { return h.opts.Kind }

// ActionMode reports whether azstep runs as a GitHub action (uses:), whose inputs
// the runner always puts into the environment, even if they are empty. In a run:
// step, INPUT_OPERATION may be set by another step of the job. The name of the step,
// which no step can set, distinguishes them: without an id, run: steps are named
// __run, __run_2 and so on.
func (h *Host) ActionMode() bool {
	_, ok := h.opts.Env["INPUT_OPERATION"]
	return h.opts.Kind == GitHub && (ok && !isRunStep(h.opts.Env["GITHUB_ACTION"]) || h.opts.Action)
}

// isRunStep reports whether the name is one that the runner gives to a run: step.
func isRunStep(name string) bool {
	number, ok := strings.CutPrefix(name, "__run")
	return ok && (number == "" || number[0] == '_' && strings.Trim(number[1:], "0123456789") == "")
}

// Task reports whether azstep runs as the task of Azure Pipelines, which has
// declared inputs and a post-job step that revokes.
func (h *Host) Task() bool { return h.opts.Task }

// Skipped reports whether this is the post-job step of a task whose main step did
// not run. Then there is nothing to do and nothing to log.
func (h *Host) Skipped() bool {
	task, ok := h.dialect.(*azureTask)
	if !ok {
		return false
	}
	_, ran := task.state()
	return !ran
}

// Hide replaces a secret with *** from now on, in everything that azstep prints and
// in the host's log. If the registration cannot be written, the error is kept, see
// [Host.Err].
func (h *Host) Hide(secret string) {
	h.hiding.Lock()
	defer h.hiding.Unlock()
	var lines []string
	for _, form := range h.opts.Masks.Add(secret) {
		if line := h.dialect.mask(form); line != "" {
			lines = append(lines, line)
		}
		h.checkMask(secret, form)
	}
	if len(lines) > 0 { // one write, because there are dozens, and each write wakes up a reader
		_ = h.log.print(strings.Join(lines, "\n")) // Err returns the error
	}
}

// checkMask records that a secret cannot be registered. A derived form that cannot
// be registered matters less, because azstep itself never prints it.
func (h *Host) checkMask(secret, form string) {
	if strings.Contains(secret, form) && h.dialect.check([]Output{{Value: form}}) != nil {
		h.mu.Lock()
		h.unmasked = true
		h.mu.Unlock()
	}
}

// Err returns the first error of the stream that carries outputs or masks (a closed
// pipe, a full disk), or nil. On a laptop that is stdout: its log does not protect
// any secret.
func (h *Host) Err() error {
	if h.opts.Kind == Local {
		return h.out.failure()
	}
	h.mu.Lock()
	unmasked := h.unmasked
	h.mu.Unlock()
	if unmasked {
		return unwritableHere("the mask of a secret")
	}
	return h.log.failure()
}

// Streams returns stdout and stderr for text that does not come from azstep, such as
// the output of exec's command, and passes it on unchanged. azstep's own lines that
// follow begin on a new line, because a command in the middle of a line would not be
// recognized.
func (h *Host) Streams() (stdout, stderr io.Writer) {
	return passthrough{h.out}, passthrough{h.err}
}
