package audit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/text"
)

// Outcome is the result of a run, and the error with which it then fails, if any.
type Outcome struct {
	Done    string // one line for the log
	Outputs []host.Output
	Summary host.Summary
	Verdict *fault.Error // nil if the check is satisfied and all changes were made
}

// outcome completes the report files and combines the findings.
func (t *findings) outcome() (Outcome, error) {
	t.baseline.deleted(t.in.shard, t.drifted)
	if t.baseline != nil {
		t.in.reports.compare(t.drift.lines)
	}
	if err := t.in.reports.close(t.site.Log); err != nil {
		return Outcome{}, err
	}
	outputs := t.outputs()
	t.warnTruncated(outputs)
	return Outcome{Done: t.totals(), Outputs: outputs, Summary: t.summary(), Verdict: t.verdict()}, nil
}

// verdict returns the failure of a check that is not satisfied, or nil.
func (t *findings) verdict() *fault.Error {
	switch {
	case t.violations == 0 || !bool(t.in.FailOnUnauthorized):
		return nil
	case t.in.Policy != "":
		return fault.New(fault.PolicyViolation, "the policy is violated: %s", t.totals())
	case t.in.many():
		return fault.New(fault.NotAuthorized, "some pipelines are not authorized: %s", t.totals())
	}
	return fault.New(fault.NotAuthorized, "%s: not authorized: %s", t.first, text.Clip(strings.Join(t.missing, ", "), 400))
}

// outputs returns the outputs. Arrays that exceed the host's size limit are left
// empty.
func (t *findings) outputs() []host.Output {
	byName, cut1 := array(t.site.MaxOutput, t.byName())
	missing, cut2 := array(t.site.MaxOutput, append([]string{}, t.missing...))
	all := []host.Output{
		{Name: "authorized", Value: strconv.FormatBool(t.authorized())},
		{Name: "all-pipelines", Value: strconv.FormatBool(t.allOpen())},
		{Name: "authorized-pipelines", Value: byName},
		{Name: "missing-pipelines", Value: missing},
		{Name: "violations", Value: strconv.Itoa(t.violations)},
		{Name: "report", Value: t.report.String()},
	}
	truncated := cut1 || cut2 || t.report.Truncated()
	if t.baseline != nil {
		all = append(all, host.Output{Name: "drift", Value: t.driftArray.String()})
		truncated = truncated || t.driftArray.Truncated()
	}
	return append(all, host.Output{Name: "truncated", Value: strconv.FormatBool(truncated)})
}

func array(limit int, items any) (value string, cut bool) {
	all := report.Encode(items)
	if len(all) > limit {
		return "[]", true
	}
	return string(all), false
}

// truncated reports whether one of the outputs was left empty.
func truncated(outputs []host.Output) bool {
	for _, o := range outputs {
		if o.Name == "truncated" && o.Value == "true" {
			return true
		}
	}
	return false
}

// warnTruncated says where to find the full data, unless a report file has it.
func (t *findings) warnTruncated(outputs []host.Output) {
	if truncated(outputs) && len(t.in.ReportFile) == 0 {
		t.site.Log.Warnf("some outputs exceed %d bytes, the limit for a variable here, so they are set to []; set `report-file` to get the complete report", t.site.MaxOutput)
	}
}

func (t *findings) summary() host.Summary {
	s := host.Summary{
		Title:    "Pipeline permissions",
		Lead:     []string{t.totals() + "."},
		Problems: t.firstViolations,
		Head:     []string{"Resource", "Open access", "Pipeline", "Authorized by", "On"},
		Rows:     t.rows,
	}
	if t.required() {
		s.Mark = mark(t.violations > 0)
		if t.in.many() {
			s.Marks = t.marks
		}
	}
	if t.violations > len(t.firstViolations) {
		s.Lead[0] = fmt.Sprintf("%s. The first %d violations are listed; a report file (`report-file`) has them all.", t.totals(), len(t.firstViolations))
	}
	s.Lead = append(s.Lead, t.driftLines()...)
	s.Notes = append(s.Notes, t.notes...)
	if more := t.allRows - len(t.rows); more > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s not shown; set `report-file` to write all of them to a file.", text.Count(more, "more row")))
	}
	return s
}

// driftLines returns the comparison with the earlier report for the summary.
func (t *findings) driftLines() []string {
	if t.baseline == nil {
		return nil
	}
	lines := []string{"Since the earlier report: " + t.drift.totals() + "."}
	for _, d := range t.drift.lines[:min(len(t.drift.lines), maxListed)] {
		lines = append(lines, text.Clip(d.String(), 400))
	}
	if more := t.drift.count() - maxListed; more > 0 {
		lines = append(lines, fmt.Sprintf("%s not shown.", text.Count(more, "more change")))
	}
	return lines
}
