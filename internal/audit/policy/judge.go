package policy

import (
	"fmt"
	"strconv"
)

// Kind is a kind of violation. Kinds are stable: they are the rule ids of a
// SARIF report.
type Kind string

// The kinds.
const (
	NotAuthorized Kind = "pipeline-not-authorized"
	NotListed     Kind = "pipeline-not-listed"
	OpenAccess    Kind = "open-access-forbidden"
	NoOpenAccess  Kind = "open-access-required"
	NoMatch       Kind = "rule-without-match"
	NoApproval    Kind = "approvals" // those of guards are called as the key of the rule
	NoBranches    Kind = "branches"
	NotFederated  Kind = "federated"
)

// Violation is one way in which a resource is not what a rule wants.
type Violation struct {
	Kind     Kind
	Line     int    // of the rule, 0 without a policy
	Pipeline string // as the rule or the service names it, or ""
	Text     string // one line that names rule, resource and pipeline
	// Note says that nothing is violated yet, but will be: it is reported and does
	// not count.
	Note bool
}

// Listed is a pipeline that a rule lists, as it was given and with the id that
// it has in the resource's project: 0 where that has no such pipeline.
type Listed struct {
	Text string
	ID   int
}

// Listing are the pipelines that a rule lists, in one project.
type Listing struct {
	all   []Listed
	ids   map[int]bool
	names map[int]string
}

// NewListing makes a listing that many resources can be judged by.
func NewListing(all []Listed) *Listing {
	l := &Listing{all: all, ids: make(map[int]bool, len(all)), names: map[int]string{}}
	for _, one := range all {
		l.ids[one.ID] = true
		if _, isID := ParseNumber(one.Text); !isID {
			l.names[one.ID] = one.Text
		}
	}
	return l
}

// All are the pipelines in the order of the rule.
func (l *Listing) All() []Listed {
	if l == nil {
		return nil
	}
	return l.all
}

// Has reports whether the rule lists the pipeline.
func (l *Listing) Has(id int) bool { return l != nil && l.ids[id] }

// Name is how the rule calls a pipeline, where it does so by name; else "".
func (l *Listing) Name(id int) string {
	if l == nil {
		return ""
	}
	return l.names[id]
}

// Judge holds a resource to a rule whose pipelines have been looked up.
func (r *Rule) Judge(found Resource, listed *Listing) []Violation {
	j := judgement{rule: r, found: found, about: r.prefix() + found.String() + ": "}
	j.openAccess()
	j.missing(listed)
	if r.Exclusive {
		j.others(listed)
	}
	j.guards()
	return j.violations
}

// Unmatched is the violation of a rule that no resource matches. where names
// the projects that were searched.
func (r *Rule) Unmatched(where string) Violation {
	text := fmt.Sprintf("%sno %s in %s has the id %s", r.prefix(), r.Type, where, r.ID)
	switch {
	case r.ID != "":
	case r.IsGlob():
		text = fmt.Sprintf("%sno %s in %s has a name like %s", r.prefix(), r.Type, where, strconv.Quote(r.Name))
	default:
		text = fmt.Sprintf("%sno %s in %s is named %s", r.prefix(), r.Type, where, strconv.Quote(r.Name))
	}
	return Violation{Kind: NoMatch, Line: r.Line, Text: text}
}

// judgement is a rule on its way through a resource.
type judgement struct {
	rule       *Rule
	found      Resource
	about      string // how each of its lines begins
	violations []Violation
}

func (j *judgement) add(kind Kind, pipeline, format string, args ...any) {
	j.violations = append(j.violations, Violation{Kind: kind, Line: j.rule.Line, Pipeline: pipeline, Text: j.about + fmt.Sprintf(format, args...)})
}

func (r *Rule) prefix() string {
	if r.Number == 0 {
		return ""
	}
	return fmt.Sprintf("rule %d (line %d): ", r.Number, r.Line)
}

// openAccess: an exclusive rule of a policy is violated even where it allows open
// access, because every other pipeline may use the resource then.
func (j *judgement) openAccess() {
	switch {
	case j.found.Open && j.rule.OpenAccess == Forbidden:
		j.add(OpenAccess, "", "open access lets every pipeline use it")
	case j.found.Open && j.rule.Exclusive && j.rule.Number > 0:
		j.add(NotListed, "", "open access lets every pipeline use it, and the rule allows only those that it lists")
	case !j.found.Open && j.rule.OpenAccess == Required:
		j.add(NoOpenAccess, "", "it has no open access")
	}
}

func (j *judgement) missing(listed *Listing) {
	all := listed.All()
	if len(all) == 0 {
		return
	}
	may := j.found.ByName()
	for _, want := range all {
		switch {
		case want.ID == 0:
			j.add(NotAuthorized, want.Text, "its project has no pipeline %s", strconv.Quote(want.Text))
		case !j.found.Open && !may[want.ID]:
			j.add(NotAuthorized, want.Text, "pipeline %s is not authorized", want.Text)
		}
	}
}

func (j *judgement) others(listed *Listing) {
	for _, p := range j.found.Pipelines {
		if !listed.Has(p.ID) {
			j.add(NotListed, strconv.Itoa(p.ID), "%s is authorized, and the rule does not list it", p)
		}
	}
}
