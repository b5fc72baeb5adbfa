package steps

import (
	"fmt"
	"maps"
	"slices"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
)

// How much of a run is kept in memory for people. The whole is in the report
// file, which takes it as it comes.
const (
	maxRows        = 2000 // of the summary's table, some hundred KiB
	maxTold        = 50   // violations in the summary
	maxAnnotations = 8    // warnings: the hosts keep ten of a kind, and one or two have more to say than a ninth violation
)

// tally adds up what a run finds.
type tally struct {
	step *checkPermissions
	env  Env

	resources, open, violations int
	first                       policy.Resource
	allowed                     map[int]bool    // pipelines that may use something by name
	missing                     []string        // pipelines that were asked about and may not, as they were given
	isMissing                   map[string]bool // the same
	told                        []string        // the first violations
	rows                        [][]string      // the first rows of the table
	allRows                     int

	report report.Bounded
}

// add takes one resource and what is wrong with it.
func (t *tally) add(r policy.Resource, violations []policy.Violation) error {
	if t.resources == 0 {
		t.first = r
	}
	t.resources++
	if r.Open {
		t.open++
	}
	for _, p := range r.Pipelines {
		if t.allowed == nil {
			t.allowed = map[int]bool{}
		}
		t.allowed[p.ID] = true
	}
	t.tabulate(r)
	return t.note(r, violations)
}

// note takes what is wrong, and what the report says of a resource: also one
// that is not there.
func (t *tally) note(r policy.Resource, violations []policy.Violation) error {
	for _, v := range violations {
		t.violate(v)
	}
	t.report.Add(report.Entry(r, violations))
	return t.step.report.add(r, violations)
}

func (t *tally) violate(v policy.Violation) {
	t.violations++
	if v.Kind == policy.NotAuthorized && !t.isMissing[v.Pipeline] {
		if t.isMissing == nil {
			t.isMissing = map[string]bool{}
		}
		t.isMissing[v.Pipeline] = true
		t.missing = append(t.missing, v.Pipeline)
	}
	if len(t.told) < maxTold {
		t.told = append(t.told, clip(v.Text, 400))
	}
	if t.step.many() && t.violations <= maxAnnotations {
		t.env.Log.Warnf("%s", v.Text)
	}
}

// tabulate makes the rows of the summary's table: one for each pipeline that
// may use the resource by name, or one that says nobody may.
func (t *tally) tabulate(r policy.Resource) {
	t.allRows += max(1, len(r.Pipelines))
	name, open, nobody := r.Label(), "no", "none"
	if r.Open {
		open, nobody = "yes", "every pipeline"
	}
	if len(r.Pipelines) == 0 {
		t.row(name, open, nobody, "", "")
	}
	for _, p := range r.Pipelines {
		t.row(name, open, p.String(), p.By, p.On)
	}
}

func (t *tally) row(cells ...string) {
	if len(t.rows) >= maxRows {
		return
	}
	for i, cell := range cells {
		cells[i] = clip(cell, 200)
	}
	t.rows = append(t.rows, cells)
}

// totals is the outcome in one line.
func (t *tally) totals() string {
	if !t.step.many() {
		return t.onlyTotals()
	}
	return fmt.Sprintf("%s in %s, %d with open access", count(t.violations, "violation"), count(t.resources, "resource"), t.open)
}

func (t *tally) onlyTotals() string {
	text := fmt.Sprintf("%s: %s authorized by name", t.first, count(len(t.allowed), "pipeline"))
	if t.open > 0 {
		text = fmt.Sprintf("%s: open access, every pipeline may use it", t.first)
	}
	if len(t.missing) > 0 {
		text += fmt.Sprintf("; %s asked about may not use it", count(len(t.missing), "pipeline"))
	}
	return text
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// byName are the pipelines that may use something by name, in order.
func (t *tally) byName() []int {
	ids := slices.Sorted(maps.Keys(t.allowed))
	if ids == nil {
		return []int{}
	}
	return ids
}
