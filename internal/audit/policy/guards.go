package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Checks are the active approvals and branch controls of a resource. Disabled ones
// protect nothing.
type Checks struct {
	Approvals []Approval
	Branches  []BranchControl
}

// Approval is an approval check.
type Approval struct {
	Approvers int  // how many must approve; 0 means none
	Requester bool // the person who started the run may be one of them
}

// BranchControl is a branch control check.
type BranchControl struct {
	Allowed []string // refs and globs; if empty, every branch is allowed
}

// guards checks what protects the resource from a permitted pipeline.
func (j *judgement) guards() {
	if want := j.rule.Approvals; want != nil && !slices.ContainsFunc(j.found.Checks.Approvals, want.heldBy) {
		j.add(NoApproval, "", "%s", want.missing(j.found.Checks.Approvals))
	}
	if want := j.rule.Branches; len(want) > 0 && !slices.ContainsFunc(j.found.Checks.Branches, func(c BranchControl) bool { return c.within(want) }) {
		j.add(NoBranches, "", "%s", missingControl(j.found.Checks.Branches, want))
	}
	if j.rule.Federated {
		j.federated()
	}
}

func (a *Approvals) heldBy(check Approval) bool {
	return check.Approvers >= a.Approvers && (a.Requester || !check.Requester)
}

// missing says why none of the approval checks is sufficient.
func (a *Approvals) missing(checks []Approval) string {
	if len(checks) == 0 {
		return "it has no approval check"
	}
	most := slices.MaxFunc(checks, func(x, y Approval) int { return x.Approvers - y.Approvers })
	if most.Approvers < a.Approvers {
		return fmt.Sprintf("its approval check requires %d of the %d approvers that the rule requires", most.Approvers, a.Approvers)
	}
	return "its approval check lets the person who started the run approve it"
}

// everyBranch reports whether the check allows every branch.
func (c BranchControl) everyBranch() bool {
	all := func(allowed string) bool { return strings.Trim(allowed, "*") == "" || isAllRefs(allowed) }
	return len(c.Allowed) == 0 || slices.ContainsFunc(c.Allowed, all)
}

// isAllRefs reports whether a glob matches every ref: they all begin with refs/.
func isAllRefs(glob string) bool { return strings.TrimRight(glob, "*") == "refs/" }

// within reports whether the check allows only branches that match one of the
// patterns.
func (c BranchControl) within(patterns []string) bool {
	outside := func(allowed string) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool { return covers(fullRef(p), fullRef(allowed)) })
	}
	return !c.everyBranch() && !slices.ContainsFunc(c.Allowed, outside)
}

func missingControl(checks []BranchControl, want []string) string {
	switch {
	case len(checks) == 0:
		return "it has no branch control"
	case !slices.ContainsFunc(checks, func(c BranchControl) bool { return !c.everyBranch() }):
		return "its branch control allows every branch"
	}
	return fmt.Sprintf("its branch control allows more than %s", strings.Join(want, ", "))
}

// fullRef expands a branch name: main becomes refs/heads/main.
func fullRef(text string) string {
	if strings.HasPrefix(text, "refs/") || strings.HasPrefix(text, "*") {
		return text
	}
	return "refs/heads/" + text
}

// covers reports whether a glob matches everything that another one matches: its
// text must match, and * is matched only by *. Refs are case-sensitive.
func covers(wide, narrow string) bool {
	at, star, from := 0, -1, 0 // star is the last * of wide, and from is the position in narrow where its match ends
	for i := 0; i < len(narrow); {
		switch {
		case at < len(wide) && wide[at] == '*':
			star, from = at, i
			at++
		case at < len(wide) && wide[at] == narrow[i]:
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(wide[at:], "*") == ""
}

// secretless lists the schemes of service connections that store no secret
// (azure-devops-docs, service endpoint authorization schemes).
func secretless() []string { return []string{"workloadidentityfederation", "managedserviceidentity"} }

// retiring is the issuer that Azure Pipelines retires on 2027-07-01.
const retiring = "https://vstoken.dev.azure.com/"

func (j *judgement) federated() {
	switch {
	case !slices.Contains(secretless(), strings.ToLower(j.found.Scheme)):
		j.add(NotFederated, "", "it signs in with a stored secret (%s)", scheme(j.found.Scheme))
	case strings.HasPrefix(strings.ToLower(j.found.Issuer), retiring):
		j.add(NotFederated, "", "its issuer %s will be retired on 2027-07-01: open the service connection and select Convert", retiring)
		j.violations[len(j.violations)-1].Note = true
	}
}

func scheme(name string) string {
	if name == "" {
		return "its authentication scheme is unknown"
	}
	return "scheme " + name
}
