package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"

	"gopkg.in/yaml.v3"
)

// helpWidth is the width of a terminal that everybody has.
const helpWidth = 80

const usage = `usage: azstep [OPERATION]                           run one operation
       azstep exec [OPERATION] -- COMMAND [ARG...]  mint, run it, revoke
       azstep post                                  release what steps minted
       azstep login                                 get a user's refresh token
       azstep help [OPERATION]
       azstep version
`

// help prints what the program does, or what one operation takes. Both are made
// from action.yml and the operations' own structs.
func (p *Process) help(words []string) int {
	docs, err := documentation(p.Manifest)
	if err != nil {
		fmt.Fprintln(p.Stderr, "error: read action.yml:", err)
		return 1
	}
	var text strings.Builder
	if len(words) == 0 {
		overview(&text, docs)
		return p.print(text.String())
	}
	op, isOperation := steps.Find(words[0])
	about, isCommand := manualOf(words[0])
	switch {
	case len(words) == 1 && isOperation:
		describe(&text, docs, op)
	case len(words) == 1 && isCommand:
		about.write(&text, docs)
	default:
		return p.homeless(badOperation("operation: %s is unknown", input.Quote(strings.Join(words, " "))))
	}
	return p.print(text.String())
}

// manual is what action.yml says.
type manual struct {
	about  string
	inputs []documented
}

type documented struct{ name, text, value string }

func documentation(manifest []byte) (manual, error) {
	var m struct {
		Description string    `yaml:"description"`
		Inputs      yaml.Node `yaml:"inputs"` // a node keeps the order
	}
	if err := yaml.Unmarshal(manifest, &m); err != nil {
		return manual{}, err
	}
	docs := manual{about: m.Description}
	for i := 0; i+1 < len(m.Inputs.Content); i += 2 {
		var about struct{ Description, Default string }
		if err := m.Inputs.Content[i+1].Decode(&about); err != nil {
			return manual{}, err
		}
		docs.inputs = append(docs.inputs, documented{m.Inputs.Content[i].Value, about.Description, about.Default})
	}
	return docs, nil
}

func overview(w io.Writer, docs manual) {
	fmt.Fprintf(w, "%s\n\n%s\noperations:\n", wrap("azstep: "+docs.about, 0), usage)
	for _, op := range steps.All() {
		fmt.Fprintf(w, "  %-18s %s\n", op.Name, wrap(op.Does, 21))
	}
	fmt.Fprintf(w, "\n%s\n", wrap("Inputs come from the environment: INPUT_<NAME> as CI hosts set it, or AZSTEP_<NAME> with underscores for hyphens. `azstep help OPERATION` lists them; `azstep help exec`, `post` and `login` say more of these.", 0))
}

// describe lists an operation's own inputs, required ones marked, and then
// those of every operation.
func describe(w io.Writer, docs manual, op steps.Operation) {
	own, common := input.Names(op.New()), input.Names(new(steps.Common))
	fmt.Fprintf(w, "%s\n\ninputs:\n", wrap("azstep "+op.Name+": "+op.Does, 0))
	required := input.Required(op.New())
	list(w, docs, own, required)
	fmt.Fprint(w, "\ninputs of every operation:\n")
	list(w, docs, common, nil)
}

func list(w io.Writer, docs manual, names, required []string) {
	for _, d := range docs.inputs {
		if !slices.Contains(names, d.name) {
			continue
		}
		text := d.text
		if slices.Contains(required, d.name) {
			text = "Required. " + text
		}
		if d.value != "" {
			text += " Default " + d.value + "."
		}
		fmt.Fprintf(w, "  %s\n      %s\n", d.name, wrap(text, 6))
	}
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
