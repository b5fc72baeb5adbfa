package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"

	"gopkg.in/yaml.v3"
)

// maxProblems is the maximum number of mistakes to report.
const maxProblems = 20

// reader walks through the nodes of a document and collects mistakes. It does so
// itself, because the library's decoder accepts unknown keys, follows aliases and
// quotes content in its errors.
type reader struct {
	found []error
	more  int
}

func (r *reader) problem(format string, args ...any) {
	if len(r.found) == maxProblems {
		r.more++
		return
	}
	r.found = append(r.found, fault.Input("policy", "policy: see "+fault.Pages+"policy.md", "policy: "+format, args...))
}

// wrong reports a mistake at a node.
func (r *reader) wrong(n *yaml.Node, key, format string, args ...any) {
	r.problem("line %d: %s: %s", n.Line, key, fmt.Sprintf(format, args...))
}

func (r *reader) problems() []error {
	if r.more > 0 {
		n := r.more
		r.found, r.more = r.found[:maxProblems-1], 0
		r.found = append(r.found, fault.Input("policy", "policy: correct these mistakes first", "policy: %d more mistakes", n+1))
	}
	return r.found
}

// document returns the value of the only document, or nil.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > MaxSize {
		r.problem("it is larger than %d KiB", MaxSize>>10)
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	var n yaml.Node
	switch err := d.Decode(&n); {
	case errors.Is(err, io.EOF):
		r.problem("it is empty")
		return nil
	case err != nil:
		r.problem("%s", syntax(err))
		return nil
	}
	var second yaml.Node
	if err := d.Decode(&second); err == nil {
		r.problem("line %d: a second document begins here; a policy is one document", max(second.Line, n.Line))
	} else if !errors.Is(err, io.EOF) {
		r.problem("%s", syntax(err))
	}
	return n.Content[0]
}

// star explains what usually causes the library to see an alias.
const star = "quote text that begins with *; aliases are not supported"

var yamlLine = pattern.New(`^yaml: line (\d+): (.*)$`)

// syntax explains the library's error for text that is not YAML. Its line can be off
// by one or two. Its messages about aliases quote the text, so they are replaced.
func syntax(err error) string {
	at := yamlLine.FindStringSubmatch(err.Error())
	switch {
	case at == nil && strings.Contains(err.Error(), "anchor"):
		return star
	case at == nil:
		return "it is not valid YAML"
	case strings.Contains(at[2], "anchor"), strings.Contains(at[2], "alphabetic"):
		return "near line " + at[1] + ": " + star
	}
	return "near line " + at[1] + ": not valid YAML: " + at[2]
}

// mapping calls the reader of each key with its value.
func (r *reader) mapping(n *yaml.Node, read map[string]func(*yaml.Node)) bool {
	if n.Kind != yaml.MappingNode {
		r.problem("line %d: %s found where keys and values are expected", n.Line, kindOf(n))
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		f := read[key.Value]
		switch {
		case key.ShortTag() == "!!merge":
			r.problem("line %d: merge keys (<<) are not supported", key.Line)
		case key.Kind != yaml.ScalarNode || f == nil:
			r.problem("line %d: unknown key%s", key.Line, shown(key))
		case seen[key.Value]:
			r.wrong(key, key.Value, "the key appears twice")
		default:
			seen[key.Value] = true
			f(value)
		}
	}
	return true
}

// plainKey matches a key that may be shown: it looks like a key of this format, and
// not like content of a wrong file.
var plainKey = pattern.New(`^[A-Za-z][A-Za-z_-]{0,29}$`)

func shown(key *yaml.Node) string {
	if key.Kind == yaml.ScalarNode && plainKey.MatchString(key.Value) {
		return " " + key.Value
	}
	return ""
}

func (r *reader) sequence(n *yaml.Node, key string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, key, "%s found where a list is expected", kindOf(n))
		return nil
	}
	return n.Content
}

func (r *reader) text(n *yaml.Node, key string) string {
	switch {
	case n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str":
		r.wrong(n, key, "%s found where text is expected; quote text that looks like something else", kindOf(n))
		return ""
	case strings.TrimSpace(n.Value) == "":
		r.wrong(n, key, "it is empty")
	}
	return strings.TrimSpace(n.Value)
}

func (r *reader) number(n *yaml.Node, key string) int {
	value, ok := ParseNumber(n.Value)
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!int" || !ok {
		r.wrong(n, key, "write a whole number above 0")
		return 1 // without reporting a second mistake about it
	}
	return value
}

func (r *reader) boolean(n *yaml.Node, key string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		r.wrong(n, key, "write true or false")
	}
	return strings.EqualFold(n.Value, "true")
}

// kindOf describes the kind of a node for the user.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.AliasNode:
		return "an alias, which is not supported,"
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!str":
		return "text"
	}
	return "another type"
}
