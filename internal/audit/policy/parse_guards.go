package policy

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// approvals reads `required`, or how many must approve and who must not.
func (r *reader) approvals(n *yaml.Node) *Approvals {
	want := &Approvals{Approvers: 1, Requester: true}
	if n.Kind != yaml.MappingNode {
		r.required(n, "approvals", "write required, or a mapping such as {approvers: 2, requester: false}")
		return want
	}
	if len(n.Content) == 0 {
		r.wrong(n, "approvals", "write required, or a mapping such as {approvers: 2, requester: false}")
	}
	r.mapping(n, map[string]func(*yaml.Node){
		"approvers": func(n *yaml.Node) { want.Approvers = r.number(n, "approvers") },
		"requester": func(n *yaml.Node) { want.Requester = r.boolean(n, "requester") },
	})
	return want
}

// federated reads the only value that is allowed.
func (r *reader) federated(n *yaml.Node) bool {
	r.required(n, "federated", "write required, or leave the key out")
	return true
}

func (r *reader) required(n *yaml.Node, key, way string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" || n.Value != "required" {
		r.wrong(n, key, "%s", way)
	}
}

// branches reads refs and globs, of which at least one is required.
func (r *reader) branches(n *yaml.Node) []string {
	var all []string
	items := r.sequence(n, "branches")
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		r.wrong(n, "branches", "give at least one branch, such as refs/heads/main, or leave the key out")
	}
	for _, item := range items {
		text := r.text(item, "branches")
		switch {
		case text == "":
		case !isName(text) || strings.ContainsAny(text, ", \t"):
			r.wrong(item, "branches", "no branch can have this name; write one branch or glob, such as refs/heads/release/*")
		default:
			all = append(all, text)
		}
	}
	return all
}
