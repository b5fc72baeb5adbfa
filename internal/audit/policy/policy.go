// Package policy defines which pipelines may use which protected resources: it
// parses the YAML in which a team writes this down, and checks a resource's
// permissions against it.
//
// It lists nothing, sends nothing and writes nothing. The caller looks up the
// resources that a rule names. Errors about the YAML give the line and the key, and
// never content, because the file may not be the one that the user meant.
package policy

import "strings"

// Policy is the content of the input policy.
type Policy struct{ Rules []Rule }

// Rule is one item in a policy's resources. A rule with Number 0 does not come from
// a policy: it is what a run over one resource, or over all resources of a type,
// requires.
type Rule struct {
	Number, Line int    // counted from 1; Line is that of the first key
	Type         string // resource type, in lower case
	Project      string // name or id; "" means every project of the run
	Name         string // name or glob; "" if ID is set
	ID           string // as the resource's API writes it, in lower case
	OpenAccess   Access
	Pipelines    []string // ids, names or paths that must be authorized
	Exclusive    bool     // no other pipeline may be authorized

	Approvals *Approvals // nil if the rule does not require any
	Branches  []string   // refs and globs that a branch control may allow; nil if the rule does not require any
	Federated bool       // the service connection must authenticate without a stored secret
}

// Approvals is what a rule requires of an approval check.
type Approvals struct {
	Approvers int  // minimum number who must approve; 1 or more
	Requester bool // the person who started the run may be one of them
}

// AsksForChecks reports whether the rule concerns checks of the resource, which must
// be read first.
func (r *Rule) AsksForChecks() bool { return r.Approvals != nil || len(r.Branches) > 0 }

// Access is what a rule requires of open access.
type Access string

// The values of open-access.
const (
	Forbidden Access = "forbidden"
	Allowed   Access = "allowed"
	Required  Access = "required"
)

// IsGlob reports whether the rule's name is a pattern.
func (r *Rule) IsGlob() bool { return strings.ContainsAny(r.Name, "*?") }
