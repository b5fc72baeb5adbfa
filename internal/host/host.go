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

// Kind names a host; its values are those of AZSTEP_HOST.
type Kind string

// The hosts.
const (
	GitHub         Kind = "github"
	AzurePipelines Kind = "azure-pipelines"
	Local          Kind = "local"
)

// Options say where azstep runs. Kind comes from [Detect].
type Options struct {
	Kind             Kind
	Action           bool              // a start script or entry point of the action said so, see [StartedAs]
	Task             bool              // the start script of the task said so
	Env              map[string]string // the process environment
	Stdout, Stderr   io.Writer
	StdoutIsTerminal bool
	StderrIsTerminal bool
	Width            func() int // of the terminal, in columns; 0 or nil where it is not known
	StdoutLost       bool       // nobody can read what is written to Stdout
	// Exec is set when stdout belongs to a command of the user's: masks,
	// commands and own lines go to stderr on every host, and no JSON is written.
	Exec bool
	// Raw, if not nil, reports whether the terminal of the streams is in raw mode.
	Raw func() bool
	// InContainer is set when azstep is PID 1: the agent of Azure Pipelines
	// cannot read files that such a process writes.
	InContainer bool
	Masks       *mask.Set // nil for a new one
}

// Speller writes the names of inputs in texts for people.
type Speller interface {
	Text(text string) string  // where they are marked
	Hint(text string) string  // in a hint
	Blame(text string) string // in a text that begins with the input it is about
}

// Spell has the host name inputs as its reader writes them, rather than in kebab
// case.
func (h *Host) Spell(s Speller) { h.spell = s }

// Advise has the host print the hints that choose returns, rather than those that
// an error holds.
func (h *Host) Advise(choose func(*fault.Error) []string) { h.choose = choose }

// verbatim leaves names as they are.
type verbatim struct{}

func (verbatim) Text(text string) string  { return text }
func (verbatim) Hint(text string) string  { return text }
func (verbatim) Blame(text string) string { return text }

// Host is one host, spoken to in its dialect. Its methods may be used by
// several goroutines.
type Host struct {
	opts          Options
	log, out, err *stream // log is the one stream of masks, commands and own lines
	dialect       dialect
	spell         Speller
	choose        func(*fault.Error) []string // hints; nil: those of the error
	debug         bool

	hiding sync.Mutex // a secret that somebody is registering is not yet hidden

	mu        sync.Mutex
	delivered bool // Publish has written outputs
	coded     bool // the output error is set
	unmasked  bool // the host cannot be told to hide a secret
}

// dialect is how one host is spoken to. The text it gets is clean already.
type dialect interface {
	encoder
	publisher
	journal() journal
}

// encoder writes the lines of a host.
type encoder interface {
	// mask is the line that registers one single-line form of a secret, or "".
	mask(form string) string
	// line is the line for a note, without the line break at its end.
	line(note) string
}

// publisher brings results to where the host takes them from.
type publisher interface {
	ready() error
	// check reports whether the host would take these outputs.
	check(outputs []Output) error
	publish(outputs []Output, env []EnvVar) error
	// summarize reports whether the host shows the summary; one that it does
	// not show is printed.
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

// newDialect picks the dialect and whether its host wants debug lines. The
// switches are those that the hosts set when a user turns debugging on
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

// Kind is the host's kind.
func (h *Host) Kind() Kind { return h.opts.Kind }

// ActionMode reports whether azstep runs as a GitHub action (uses:), whose
// inputs the runner puts into the environment even when they are empty. A run:
// step has INPUT_OPERATION where another step of the job has set it; its name,
// which no step can set, tells: __run, __run_2 and so on, where it has no id.
func (h *Host) ActionMode() bool {
	_, ok := h.opts.Env["INPUT_OPERATION"]
	return h.opts.Kind == GitHub && (ok && !isRunStep(h.opts.Env["GITHUB_ACTION"]) || h.opts.Action)
}

// isRunStep reports whether a step's name is one that the runner gives to a run: step.
func isRunStep(name string) bool {
	number, ok := strings.CutPrefix(name, "__run")
	return ok && (number == "" || number[0] == '_' && strings.Trim(number[1:], "0123456789") == "")
}

// Task reports whether azstep runs as the task of Azure Pipelines, whose inputs
// are those that it declares and whose post-job step revokes.
func (h *Host) Task() bool { return h.opts.Task }

// Skipped reports whether this is the post-job step of a task whose main step did
// not run, so that there is nothing to do or to say.
func (h *Host) Skipped() bool {
	task, ok := h.dialect.(*azureTask)
	if !ok {
		return false
	}
	_, ran := task.state()
	return !ran
}

// Hide makes sure that a secret is replaced by *** from now on: in all that azstep
// prints, and in the host's log. A registration that could not be written is
// remembered, see [Host.Err].
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
	if len(lines) > 0 { // one write: there are dozens, and a reader wakes up for each
		_ = h.log.print(strings.Join(lines, "\n")) // whoever asks Err gets its error
	}
}

// checkMask notes that a secret cannot be registered. A form that is derived from
// it does not matter as much: azstep itself never prints it.
func (h *Host) checkMask(secret, form string) {
	if strings.Contains(secret, form) && h.dialect.check([]Output{{Value: form}}) != nil {
		h.mu.Lock()
		h.unmasked = true
		h.mu.Unlock()
	}
}

// Err is the first error of the stream that outputs or masks travel on (a
// closed pipe, a full disk), or nil. On a laptop that is stdout: nobody's
// safety hangs on its log.
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

// Streams are stdout and stderr for text that is not azstep's own, such as the
// output of exec's command: it passes unchanged. Lines of azstep's own that
// follow begin on a fresh line, as a command in the middle of one is none.
func (h *Host) Streams() (stdout, stderr io.Writer) {
	return passthrough{h.out}, passthrough{h.err}
}
