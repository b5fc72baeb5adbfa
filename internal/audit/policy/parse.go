package policy

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/text"

	"gopkg.in/yaml.v3"
)

// MaxSize is the size limit of a policy, in bytes: enough for ten thousand rules.
const MaxSize = 1 << 20

// Parse parses a policy. It returns all mistakes, up to a limit, each an
// invalid-input about the input policy.
func Parse(text []byte) (Policy, []error) {
	var r reader
	document := r.document(text)
	if document == nil {
		return Policy{}, r.problems()
	}
	var p Policy
	var version, resources *yaml.Node
	if !r.mapping(document, map[string]func(*yaml.Node){
		"version":   func(n *yaml.Node) { version = n },
		"resources": func(n *yaml.Node) { resources = n },
	}) {
		return p, r.problems()
	}
	if r.require(document, "version", version) && r.number(version, "version") != 1 {
		r.wrong(version, "version", "the only version is 1")
	}
	if r.require(document, "resources", resources) {
		p.Rules = r.rules(resources)
	}
	return p, r.problems()
}

func (r *reader) rules(list *yaml.Node) []Rule {
	items := r.sequence(list, "resources")
	if list.Kind == yaml.SequenceNode && len(items) == 0 {
		r.wrong(list, "resources", "give a list with at least one rule")
	}
	rules := make([]Rule, len(items))
	for i, item := range items {
		rules[i] = r.rule(item)
		rules[i].Number = i + 1
	}
	return rules
}

func (r *reader) rule(n *yaml.Node) Rule {
	rule := Rule{Line: n.Line, OpenAccess: Forbidden}
	seen := map[string]*yaml.Node{}
	keep := func(key string, read func(*yaml.Node)) func(*yaml.Node) {
		return func(n *yaml.Node) {
			seen[key] = n
			read(n)
		}
	}
	read := map[string]func(*yaml.Node){
		"type":        func(n *yaml.Node) { rule.Type = strings.ToLower(r.text(n, "type")) },
		"project":     func(n *yaml.Node) { rule.Project = r.name(n, "project") },
		"name":        func(n *yaml.Node) { rule.Name = r.name(n, "name") },
		"id":          func(n *yaml.Node) { rule.ID = r.textOrNumber(n, "id") },
		"open-access": func(n *yaml.Node) { rule.OpenAccess = r.access(n) },
		"pipelines":   func(n *yaml.Node) { rule.Pipelines = r.pipelines(n) },
		"exclusive":   func(n *yaml.Node) { rule.Exclusive = r.boolean(n, "exclusive") },
		"approvals":   func(n *yaml.Node) { rule.Approvals = r.approvals(n) },
		"branches":    func(n *yaml.Node) { rule.Branches = r.branches(n) },
		"federated":   func(n *yaml.Node) { rule.Federated = r.federated(n) },
	}
	for key, f := range read {
		read[key] = keep(key, f)
	}
	if r.mapping(n, read) {
		r.check(n, &rule, seen)
	}
	return rule
}

// check checks rules that concern several keys.
func (r *reader) check(n *yaml.Node, rule *Rule, seen map[string]*yaml.Node) {
	kind := r.require(n, "type", seen["type"]) && rule.Type != ""
	if kind && !IsType(rule.Type) {
		r.wrong(seen["type"], "type", "write one of %s", strings.Join(Types(), ", "))
		kind = false
	}
	switch name, id := seen["name"], seen["id"]; {
	case name == nil && id == nil:
		r.wrong(n, "name", "give name or id")
	case name != nil && id != nil:
		r.wrong(id, "id", "give name or id, not both")
	case id != nil && kind && rule.ID != "":
		parsed, want, ok := ParseID(rule.Type, rule.ID)
		if !ok {
			r.wrong(id, "id", "for the type %s write %s", rule.Type, want)
		}
		rule.ID = parsed
	}
	if rule.Project == "*" {
		r.wrong(seen["project"], "project", "write a name or an id, or leave it out for every project of the run")
	}
	if kind && seen["federated"] != nil && rule.Type != endpoint {
		r.wrong(seen["federated"], "federated", "only rules of the type endpoint can use this key")
	}
	if rule.Exclusive && rule.OpenAccess == Required {
		r.wrong(seen["exclusive"], "exclusive", "this rule requires open access, so the resource cannot be exclusive")
	}
}

func (r *reader) access(n *yaml.Node) Access {
	text := r.text(n, "open-access")
	switch a := Access(text); a {
	case Forbidden, Allowed, Required:
		return a
	}
	if text != "" {
		r.wrong(n, "open-access", "write forbidden, allowed or required")
	}
	return Forbidden
}

func (r *reader) pipelines(n *yaml.Node) []string {
	var all []string
	seen := map[string]bool{}
	for _, item := range r.sequence(n, "pipelines") {
		text := r.textOrNumber(item, "pipelines")
		switch {
		case text == "" || seen[text]:
			continue
		case !isName(text):
			r.wrong(item, "pipelines", "no pipeline can have this name")
			continue
		case isEncoded(text):
			r.wrong(item, "pipelines", encodedHint)
			continue
		}
		seen[text] = true
		all = append(all, text)
	}
	return all
}

// name reads a text that is valid as a name in Azure DevOps.
func (r *reader) name(n *yaml.Node, key string) string {
	text := r.text(n, key)
	switch {
	case text == "":
	case !isName(text):
		r.wrong(n, key, "nothing can have this name")
	case isEncoded(text):
		r.wrong(n, key, encodedHint)
	}
	return text
}

// encodedHint contains no content, because the file may not be the one that the user
// meant.
const encodedHint = "it looks percent-encoded; write the plain name, with a blank for %%20"

func isEncoded(name string) bool {
	_, ok := text.Unencoded(name)
	return ok
}

// isName rejects what could change the structure of an address, and what is longer
// than any name.
func isName(text string) bool {
	odd := func(r rune) bool {
		return unicode.IsControl(r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029'
	}
	return text != "." && text != ".." && len(text) <= 1024 && !strings.ContainsFunc(text, odd)
}

// require reports a missing key.
func (r *reader) require(in *yaml.Node, key string, n *yaml.Node) bool {
	if n == nil {
		r.wrong(in, key, "it is missing")
	}
	return n != nil
}

func (r *reader) textOrNumber(n *yaml.Node, key string) string {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		if number := r.number(n, key); number > 0 {
			return fmt.Sprint(number)
		}
		return ""
	}
	return r.text(n, key)
}
