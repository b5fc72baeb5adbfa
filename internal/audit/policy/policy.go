// Package policy defines which pipelines may use which protected resources: it
// parses the YAML in which a team writes this down, and checks a resource's
// permissions against it.
//
// It lists nothing, sends nothing and writes nothing. The caller looks up the
// resources that a rule names. Errors about the YAML give the line and the key, and
// never content, because the file may not be the one that the user meant.
package policy

import "strings"

// Policy is what the input policy holds.
type Policy struct{ Rules []Rule }

// Rule is one item of a policy's resources. A zero Number is a rule that no
// policy holds: what a run over one resource, or every one of a type, asks for.
type Rule struct {
	Number, Line int    // counted from 1; the line is that of its first key
	Type         string // resource type, in lower case
	Project      string // name or id; "" is every project of the run
	Name         string // or a glob; "" where ID is set
	ID           string // as the resource's API writes it, in lower case
	OpenAccess   Access
	Pipelines    []string // ids, names or paths that must be authorized
	Exclusive    bool     // and no other may be

	Approvals *Approvals // nil asks nothing
	Branches  []string   // refs and globs that a branch control may let through; none asks nothing
	Federated bool       // a service connection signs in without a stored secret
}

// Approvals is what a rule wants of an approval check.
type Approvals struct {
	Approvers int  // at least so many must approve; 1 or more
	Requester bool // whoever started the run may be one of them
}

// AsksForChecks reports whether the rule is about checks of the resource, which
// have to be read to judge it.
func (r *Rule) AsksForChecks() bool { return r.Approvals != nil || len(r.Branches) > 0 }

// Access is what a rule wants of open access.
type Access string

// The values of open-access.
const (
	Forbidden Access = "forbidden"
	Allowed   Access = "allowed"
	Required  Access = "required"
)

// IsGlob reports whether the rule's name stands for many.
func (r *Rule) IsGlob() bool { return strings.ContainsAny(r.Name, "*?") }
