package policy

import (
	"fmt"
	"slices"
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
)

// Violation is one way in which a resource is not what a rule wants.
type Violation struct {
	Kind     Kind
	Line     int    // of the rule, 0 without a policy
	Pipeline string // as the rule or the service names it, or ""
	Text     string // one line that names rule, resource and pipeline
}

// Listed is a pipeline that a rule lists, as it was given and with the id that
// it has in the resource's project: 0 where that has no such pipeline.
type Listed struct {
	Text string
	ID   int
}

// Judge holds a resource to a rule whose pipelines have been looked up.
func (r *Rule) Judge(found Resource, listed []Listed) []Violation {
	j := judgement{rule: r, found: found}
	j.openAccess()
	j.missing(listed)
	if r.Exclusive {
		j.others(listed)
	}
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
	violations []Violation
}

func (j *judgement) add(kind Kind, pipeline, format string, args ...any) {
	j.violations = append(j.violations, Violation{
		Kind: kind, Line: j.rule.Line, Pipeline: pipeline,
		Text: j.rule.prefix() + j.found.String() + ": " + fmt.Sprintf(format, args...),
	})
}

func (r *Rule) prefix() string {
	if r.Number == 0 {
		return ""
	}
	return fmt.Sprintf("rule %d (line %d): ", r.Number, r.Line)
}

// openAccess: a rule that bears it and is exclusive is violated by it all the
// same, since every other pipeline may use the resource then.
func (j *judgement) openAccess() {
	switch {
	case j.found.Open && j.rule.OpenAccess == Forbidden:
		j.add(OpenAccess, "", "open access lets every pipeline use it")
	case j.found.Open && j.rule.Exclusive:
		j.add(NotListed, "", "open access lets every pipeline use it, and the rule allows those that it lists alone")
	case !j.found.Open && j.rule.OpenAccess == Required:
		j.add(NoOpenAccess, "", "it has no open access")
	}
}

func (j *judgement) missing(listed []Listed) {
	for _, want := range listed {
		switch {
		case want.ID == 0:
			j.add(NotAuthorized, want.Text, "its project has no pipeline %s", strconv.Quote(want.Text))
		case !j.found.May(want.ID):
			j.add(NotAuthorized, want.Text, "pipeline %s is not authorized", want.Text)
		}
	}
}

func (j *judgement) others(listed []Listed) {
	for _, p := range j.found.Pipelines {
		if !slices.ContainsFunc(listed, func(l Listed) bool { return l.ID == p.ID }) {
			j.add(NotListed, strconv.Itoa(p.ID), "%s is authorized, and the rule does not list it", p)
		}
	}
}
