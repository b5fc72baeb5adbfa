package steps

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
)

// deliver ends the report file and hands out what was found; then it fails
// where the check is not satisfied.
func (c *checkPermissions) deliver(ctx context.Context, t *tally) error {
	if err := c.report.close(t.env.Log); err != nil {
		return err
	}
	verdict := t.verdict()
	outputs := c.outputs(t)
	if verdict != nil {
		outputs = append(outputs, host.Output{Name: host.ErrorOutput, Value: string(verdict.Code)})
	}
	_, err := t.env.Deliver(ctx, Result{Done: t.totals(), Outputs: outputs, Summary: t.summary()})
	if err != nil {
		return err
	}
	if verdict != nil {
		return verdict
	}
	return nil
}

// verdict is the failure of a check that is not satisfied, or nil.
func (t *tally) verdict() *fault.Error {
	switch {
	case t.violations == 0 || !bool(t.step.FailOnUnauthorized):
		return nil
	case t.step.Policy != "":
		return fault.New(fault.PolicyViolation, "the policy is violated: %s", t.totals())
	case t.step.many():
		return fault.New(fault.NotAuthorized, "pipelines asked about are not authorized: %s", t.totals())
	}
	return fault.New(fault.NotAuthorized, "%s: not authorized: %s", t.first, clip(strings.Join(t.missing, ", "), 400))
}

// outputs: those that are arrays are left empty where they would be larger than
// the host bears.
func (c *checkPermissions) outputs(t *tally) []host.Output {
	byName, cut1 := t.array(t.byName())
	missing, cut2 := t.array(append([]string{}, t.missing...))
	truncated := cut1 || cut2 || t.report.Truncated()
	if truncated && c.ReportFile == "" {
		t.env.Log.Warnf("the outputs would be larger than the host bears (%d bytes): what is too long is [], set report-file to get the whole report", t.env.MaxOutput)
	}
	return []host.Output{
		{Name: "authorized", Value: strconv.FormatBool(t.authorized())},
		{Name: "all-pipelines", Value: strconv.FormatBool(t.allOpen())},
		{Name: "authorized-pipelines", Value: byName},
		{Name: "missing-pipelines", Value: missing},
		{Name: "violations", Value: strconv.Itoa(t.violations)},
		{Name: "report", Value: t.report.String()},
		{Name: "truncated", Value: strconv.FormatBool(truncated)},
	}
}

func (t *tally) array(items any) (text string, cut bool) {
	all := report.Encode(items)
	if len(all) > t.env.MaxOutput {
		return "[]", true
	}
	return string(all), false
}

// authorized: every pipeline listed may use every resource, or the policy
// holds; with no list, every pipeline there is may.
func (t *tally) authorized() bool {
	if t.step.Policy == "" && len(t.step.listed()) == 0 {
		return t.allOpen()
	}
	return t.violations == 0
}

func (t *tally) allOpen() bool { return t.resources > 0 && t.open == t.resources }

func (t *tally) summary() host.Summary {
	s := host.Summary{
		Title: "Pipeline permissions",
		Lead:  append([]string{t.totals() + "."}, t.told...),
		Head:  []string{"Resource", "Open access", "Pipeline", "Authorized by", "On"},
		Rows:  t.rows,
	}
	if more := t.violations - len(t.told); more > 0 {
		s.Lead = append(s.Lead, fmt.Sprintf("And %s more.", count(more, "violation")))
	}
	if more := t.allRows - len(t.rows); more > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("The table leaves out %s; a report file (input report-file) has them all.", count(more, "row")))
	}
	return s
}
