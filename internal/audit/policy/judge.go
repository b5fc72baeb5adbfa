package policy

import (
	"fmt"
	"strconv"
)

// Kind is a kind of violation. Kinds are stable, because they are the rule ids in a
// SARIF report.
type Kind string

// The kinds of violations.
const (
	NotAuthorized Kind = "pipeline-not-authorized"
	NotListed     Kind = "pipeline-not-listed"
	OpenAccess    Kind = "open-access-forbidden"
	NoOpenAccess  Kind = "open-access-required"
	NoMatch       Kind = "rule-without-match"
	NoApproval    Kind = "approvals" // this and the following kinds are named like the key in the rule
	NoBranches    Kind = "branches"
	NotFederated  Kind = "federated"
)

// Violation is one way in which a resource does not satisfy a rule.
type Violation struct {
	Kind     Kind
	Line     int    // line of the rule; 0 without a policy
	Pipeline string // as the rule or the service names it, or ""
	Text     string // one line with rule, resource and pipeline
	// Note says that this is not a violation yet, but will become one. It is
	// reported and does not count.
	Note bool
}

// Listed is a pipeline in a rule, as it was given, with its id in the resource's
// project, or 0 if it does not exist there.
type Listed struct {
	Text string
	ID   int
}

// Listing holds the pipelines in a rule, for one project.
type Listing struct {
	all   []Listed
	ids   map[int]bool
	names map[int]string
}

// NewListing returns a listing against which many resources can be checked.
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

// All returns the pipelines in the order of the rule.
func (l *Listing) All() []Listed {
	if l == nil {
		return nil
	}
	return l.all
}

// Has reports whether the rule lists the pipeline.
func (l *Listing) Has(id int) bool { return l != nil && l.ids[id] }

// Name returns the name of a pipeline in the rule, or "" if the rule does not name
// it.
func (l *Listing) Name(id int) string {
	if l == nil {
		return ""
	}
	return l.names[id]
}

// Judge checks a resource against a rule whose pipelines have been looked up.
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

// Unmatched returns the violation of a rule that matches no resource. where names
// the projects that were searched.
func (r *Rule) Unmatched(where string) Violation {
	text := fmt.Sprintf("%sno %s in %s has the id %s", r.prefix(), r.Type, where, r.ID)
	switch {
	case r.ID != "":
	case r.IsGlob():
		text = fmt.Sprintf("%sno %s in %s has a name that matches %s", r.prefix(), r.Type, where, strconv.Quote(r.Name))
	default:
		text = fmt.Sprintf("%sno %s in %s is named %s", r.prefix(), r.Type, where, strconv.Quote(r.Name))
	}
	return Violation{Kind: NoMatch, Line: r.Line, Text: text}
}

// judgement is one rule being checked for one resource.
type judgement struct {
	rule       *Rule
	found      Resource
	about      string // beginning of each violation's text
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

// openAccess reports open access as a violation of an exclusive rule, even if the
// rule allows open access, because every other pipeline may then use the resource.
func (j *judgement) openAccess() {
	switch {
	case j.found.Open && j.rule.OpenAccess == Forbidden:
		j.add(OpenAccess, "", "open access lets every pipeline use it")
	case j.found.Open && j.rule.Exclusive && j.rule.Number > 0:
		j.add(NotListed, "", "open access lets every pipeline use it, but the rule allows only those that it lists")
	case !j.found.Open && j.rule.OpenAccess == Required:
		j.add(NoOpenAccess, "", "it does not have open access")
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
			j.add(NotListed, strconv.Itoa(p.ID), "%s is authorized, but the rule does not list it", p)
		}
	}
}
