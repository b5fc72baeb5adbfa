package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/text"
)

// Limits on what a run keeps in memory for the user. The report file, which is
// written continuously, contains everything.
const (
	maxRows        = 2000 // rows of the summary's table, some hundred KiB
	maxListed      = 50   // violations, notes or changes in the summary
	maxAnnotations = 8    // warnings: hosts keep ten of a kind, and one or two others may be more important than a ninth violation
	maxLines       = 200  // changes in the log
)

// findings collects what a run finds.
type findings struct {
	site     *Site
	in       *Inputs
	listed   bool // there are pipelines to check
	baseline *baseline

	resources, open, violations int
	first                       policy.Resource
	allowed                     map[int]bool    // pipelines that are permitted individually
	missing                     []string        // pipelines that were checked and are not permitted, as they were given
	isMissing                   map[string]bool // the same
	firstViolations             []string        // the first violations
	notes                       []string        // the first notes
	rows                        [][]string      // the first rows of the table
	marks                       []host.Mark     // of the rows
	allRows                     int
	report                      report.Bounded
	drift                       differences
	driftArray                  report.Bounded
}

func newFindings(s *Site, in *Inputs, listed bool) *findings {
	return &findings{
		site: s, in: in, listed: listed, baseline: in.baseline, allowed: map[int]bool{}, isMissing: map[string]bool{},
		report: report.Bounded{Limit: s.MaxOutput}, drift: newDifferences(s.MaxOutput), driftArray: report.Bounded{Limit: s.MaxOutput},
	}
}

// add adds a resource and its violations.
func (t *findings) add(f *found) error {
	violations := f.judge()
	for _, v := range violations {
		t.note(v)
	}
	if f.absent == nil {
		t.tally(f.resource, slices.ContainsFunc(violations, func(v policy.Violation) bool { return !v.Note }))
		t.baseline.compare(f, t.drifted)
	}
	t.report.AddEntry(f.resource, violations)
	return t.in.reports.add(f.resource, violations)
}

func (t *findings) tally(r policy.Resource, bad bool) {
	if t.resources == 0 {
		t.first = r
	}
	t.resources++
	if r.Open {
		t.open++
	}
	for _, p := range r.Pipelines {
		t.allowed[p.ID] = true
	}
	t.tabulate(r, bad)
}

func (t *findings) note(v policy.Violation) {
	switch {
	case v.Note && len(t.notes) < maxListed:
		t.notes = append(t.notes, text.Clip(v.Text, 400))
		t.site.Log.Infof("%s", v.Text)
	case !v.Note:
		t.violate(v)
	}
}

func (t *findings) violate(v policy.Violation) {
	t.violations++
	if v.Kind == policy.NotAuthorized && !t.isMissing[v.Pipeline] {
		t.isMissing[v.Pipeline] = true
		t.missing = append(t.missing, v.Pipeline)
	}
	if len(t.firstViolations) < maxListed {
		t.firstViolations = append(t.firstViolations, text.Clip(v.Text, 400))
	}
	if t.in.many() && t.violations <= maxAnnotations {
		t.warn(v)
	}
}

// warn logs a violation at its line in the policy, if the policy is a file.
func (t *findings) warn(v policy.Violation) {
	t.site.Log.WarnAt(t.in.policyPlace, v.Line, v.Text)
}

func (t *findings) drifted(d difference) {
	t.drift.add(d, d.drift())
	t.driftArray.Add(report.Encode(d.drift()))
	logLine(t.site.Log, t.drift.count(), "since the earlier report", d)
}

// logLine logs a difference, up to a limit.
func logLine(log Log, number int, when string, d difference) {
	switch {
	case number <= maxLines && when != "":
		log.Infof("%s %s", d, "("+when+")")
	case number <= maxLines:
		log.Infof("%s", d)
	case number == maxLines+1:
		log.Infof("… and more; see the summary or the outputs for the rest")
	}
}

// tabulate makes the rows of the summary's table: one for each pipeline that is
// permitted individually, or one that says that there is none.
func (t *findings) tabulate(r policy.Resource, bad bool) {
	t.allRows += max(1, len(r.Pipelines))
	name, open, nobody := r.Label(), "no", "none"
	if r.Open {
		open, nobody = "yes", "every pipeline"
	}
	if len(r.Pipelines) == 0 {
		t.row(bad, name, open, nobody, "", "")
	}
	for _, p := range r.Pipelines {
		t.row(bad, name, open, p.Label(), p.By, day(p.On))
	}
}

// day shortens a time to its day, which is enough in a table; reports have it all.
func day(on string) string {
	date, _, _ := strings.Cut(text.Instant(on), " ")
	return date
}

func (t *findings) row(bad bool, cells ...string) {
	if len(t.rows) >= maxRows {
		return
	}
	for i, cell := range cells {
		cells[i] = text.Clip(cell, 200)
	}
	t.rows = append(t.rows, cells)
	t.marks = append(t.marks, mark(bad))
}

func mark(bad bool) host.Mark {
	if bad {
		return host.Bad
	}
	return host.Good
}

// totals is the outcome in one line.
func (t *findings) totals() string {
	if !t.in.many() {
		return t.onlyTotals()
	}
	resources := fmt.Sprintf("%s, %d with open access", text.Count(t.resources, "resource"), t.open)
	if !t.required() {
		return resources
	}
	return text.Count(t.violations, "violation") + " in " + resources
}

// required reports whether there is anything that a resource could violate.
func (t *findings) required() bool { return t.in.Policy != "" || t.listed }

func (t *findings) onlyTotals() string {
	line := fmt.Sprintf("%s: %s authorized by name", t.first, text.Count(len(t.allowed), "pipeline"))
	if t.open > 0 {
		line = fmt.Sprintf("%s: open access, every pipeline can use it", t.first)
	}
	if len(t.missing) > 0 {
		line += fmt.Sprintf("; %s not authorized", text.Count(len(t.missing), "pipeline"))
	}
	return line
}

// byName returns the pipelines that are permitted individually, sorted.
func (t *findings) byName() []int {
	ids := slices.Sorted(maps.Keys(t.allowed))
	if ids == nil {
		return []int{}
	}
	return ids
}

// authorized is true if every listed pipeline may use every resource, or if the
// policy is satisfied. Without a list, it is true if the resources are open to every
// pipeline. Without resources, it is false.
func (t *findings) authorized() bool {
	switch {
	case t.in.Policy != "":
		return t.violations == 0
	case !t.listed:
		return t.allOpen()
	}
	return t.violations == 0 && (t.resources > 0 || t.in.shard.of > 1)
}

func (t *findings) allOpen() bool { return t.resources > 0 && t.open == t.resources }
