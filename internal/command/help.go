package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

// helpWidth is the default width of a terminal.
const helpWidth = 80

// pages is the address of the documentation.
const pages = fault.Pages

const usage = `usage: azstep [OPERATION]                           run one operation
       azstep exec [OPERATION] -- COMMAND [ARG...]  mint, run, revoke
       azstep post                                  revoke earlier steps' tokens
       azstep login                                 get a user's refresh token
       azstep help [OPERATION]
       azstep completion bash|zsh|fish|powershell
       azstep version
`

// wantsHelp reports whether the command line asks for help, and about what: `help`
// and its words, or the words before -h or --help. Words after -- belong to the
// command of exec. azstep without arguments in a terminal also shows help.
func (p *Process) wantsHelp(words []string) (topic []string, ok bool) {
	if i := slices.Index(words, "--"); i >= 0 {
		words = words[:i]
	}
	asked := slices.IndexFunc(words, func(word string) bool { return word == "-h" || word == "--help" })
	switch {
	case first(words) == "help" && asked < 0:
		return words[1:], true
	case asked > 0:
		return words[:1], true
	}
	return nil, asked == 0 || len(words) == 0 && p.StdoutIsTerminal && !p.hasOperation()
}

func (p *Process) hasOperation() bool {
	_, ok := input.NewSource(p.Env, false, false).Value("operation")
	return ok || p.started().Post
}

// help prints what the program does, or describes one operation or command. It is
// generated from action.yml and the operations' own structs.
func (p *Process) help(topic []string) int {
	docs, err := documentation(p.Manifest)
	if err != nil {
		fmt.Fprintln(p.Stderr, "error: read action.yml:", err)
		return 1
	}
	h, err := p.host(true)
	if err != nil { // help is for everybody
		h = host.New(host.Options{Kind: host.Local, Env: p.Env, Stdout: p.Stdout, Stderr: p.Stderr})
	}
	t := &helpText{docs: docs, style: style(h), spell: speller(h), kind: h.Kind()}
	if len(topic) == 0 {
		t.overview()
		return p.print(t.String())
	}
	op, isOperation := steps.Find(topic[0])
	about, isCommand := manualOf(topic[0])
	switch {
	case len(topic) == 1 && isOperation:
		t.operation(op)
	case len(topic) == 1 && isCommand:
		t.command(about)
	default:
		return p.withoutHost(unknownWord(unknownOperation, strings.Join(topic, " "), append(operations(nil), commands()...)))
	}
	return p.print(t.String())
}

// helpText is a page of help for one host.
type helpText struct {
	strings.Builder
	docs  manual
	style input.Style
	spell input.Speller
	kind  host.Kind
}

func (t *helpText) overview() {
	fmt.Fprintf(t, "%s\n\n%s\noperations:\n", wrap("azstep: "+t.docs.about, 0), usage)
	for _, op := range steps.All() {
		fmt.Fprintf(t, "  %-18s %s\n", op.Name, wrap(op.Does, 21))
	}
	fmt.Fprintf(t, "\n%s\n\ndocumentation:\n%sreference.md\n", wrap("Inputs come from the environment: "+t.style.Name("resource-type")+
		" is the input resource-type. `azstep help OPERATION`, or `azstep OPERATION --help`, lists an operation's inputs and outputs with an example to copy.", 0), pages)
}

// operation describes one operation: how to call it, an example, its own inputs,
// those of every operation, and its outputs.
func (t *helpText) operation(op steps.Operation) {
	fmt.Fprintf(t, "%s\n\nusage: azstep %s\n", wrap("azstep "+op.Name+": "+op.Does, 0), op.Name)
	if op.Mints {
		fmt.Fprintf(t, "       azstep exec %s -- COMMAND [ARG...]\n", op.Name)
	}
	t.example(op)
	step := op.New()
	fmt.Fprint(t, "\ninputs:\n")
	t.inputs(input.Names(step), input.Required(step))
	fmt.Fprint(t, "\ninputs of every operation:\n")
	t.inputs(input.Names(new(steps.Common)), nil)
	fmt.Fprint(t, "\noutputs:\n")
	t.outputs(append(op.Outputs, steps.SharedOutputs()...))
	fmt.Fprintf(t, "\ndocumentation:\n%sreference.md#%s\n", pages, op.Name)
}

func (t *helpText) inputs(names, required []string) {
	for _, d := range t.docs.inputs {
		if !slices.Contains(names, d.name) {
			continue
		}
		text := t.spell.Hint(d.text)
		if slices.Contains(required, d.name) {
			text = "Required. " + text
		}
		if d.value != "" {
			text += " Default " + d.value + "."
		}
		item(t, t.style.Name(d.name), text)
	}
}

// outputs lists outputs with their names on this host.
func (t *helpText) outputs(names []string) {
	for _, d := range t.docs.outputs {
		if !slices.Contains(names, d.name) {
			continue
		}
		name := d.name
		if t.kind != host.GitHub {
			name = input.CamelCase(name)
		}
		item(t, name, t.spell.Hint(d.text))
	}
}

func item(w io.Writer, name, text string) {
	fmt.Fprintf(w, "  %s\n      %s\n", name, wrap(text, 6))
}

// wrap breaks text at spaces so that no line is longer than helpWidth; lines
// after the first are indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > helpWidth:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
