package steps

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/text"
)

// abandoned is a PAT that is revoked, or would be in a dry run.
type abandoned struct {
	AuthorizationID string `json:"authorizationId"`
	DisplayName     string `json:"displayName"`
	Scopes          string `json:"scopes"`
	ValidFrom       string `json:"validFrom"`
	ValidTo         string `json:"validTo"`
	Revoked         bool   `json:"revoked"`
}

// String describes the PAT for the user.
func (a abandoned) String() string {
	return fmt.Sprintf("%q (%s), created %s", a.DisplayName, a.AuthorizationID, text.Instant(a.ValidFrom))
}

// write writes the whole list into the report files.
func (p *prunePATs) write(left []abandoned) error {
	list := string(report.Encode(left)) + "\n"
	for _, file := range p.files {
		_, err := io.WriteString(file, list)
		if err == nil {
			err = file.Commit()
		}
		if err != nil {
			return fault.New(fault.OutputFailed, "write the report file: %w", err).With("check that the disk has room; an older report was left as it was")
		}
	}
	return nil
}

func (p *prunePATs) deliver(ctx context.Context, e Env, left []abandoned, failed []error, stopped error) error {
	revoked := 0
	for _, one := range left {
		if one.Revoked {
			revoked++
		}
	}
	verdict := p.verdict(failed, stopped)
	outputs := p.outputs(e, left, revoked)
	if verdict != nil {
		outputs = append(outputs, host.Output{Name: host.ErrorOutput, Value: string(verdict.Code)})
	}
	_, err := e.Deliver(ctx, Result{Done: p.done(e, revoked, len(left)), Outputs: outputs, Summary: p.summary(e, left, revoked)})
	if err != nil {
		return err
	}
	if verdict != nil {
		return verdict
	}
	return nil
}

// verdict returns revoke-failed if a PAT that should have been revoked may still be
// valid.
func (p *prunePATs) verdict(failed []error, stopped error) *fault.Error {
	if stopped != nil {
		failed = append(failed, stopped)
	}
	if len(failed) == 0 {
		return nil
	}
	first := fault.From(failed[0])
	f := fault.New(fault.RevokeFailed, "%s could not be revoked: %w", text.Count(len(failed), "PAT"), first)
	if stopped != nil {
		f.Err = fmt.Errorf("%w; azstep did not try the others", f.Err)
	}
	f.Hints, f.Status, f.RequestID = append(first.Advice(), "run the step again; PATs that are already revoked are no longer listed"), first.Status, first.RequestID
	return f
}

func (p *prunePATs) done(e Env, revoked, found int) string {
	if e.DryRun {
		return "dry run: would revoke " + text.Count(found, "PAT")
	}
	return "revoked " + text.Count(revoked, "PAT")
}

func (p *prunePATs) outputs(e Env, left []abandoned, revoked int) []host.Output {
	list := string(report.Encode(left))
	cut := len(list) > e.MaxOutput
	if cut {
		list = "[]"
		if len(p.ReportFile) == 0 {
			e.Log.Warnf("the output report exceeds the %d bytes that fit into a variable, so it is set to []; set report-file to get it", e.MaxOutput)
		}
	}
	return []host.Output{
		{Name: "revoked", Value: strconv.Itoa(revoked)},
		{Name: "report", Value: list},
		{Name: "truncated", Value: strconv.FormatBool(cut)},
	}
}

func (p *prunePATs) summary(e Env, left []abandoned, revoked int) host.Summary {
	s := host.Summary{Title: "Azure DevOps personal access tokens", Lead: []string{p.done(e, revoked, len(left)) + "."}}
	if len(left) == 0 {
		return s
	}
	s.Head = []string{"Name", "Scopes", "Created", "Expires"}
	if !e.DryRun {
		s.Head = append(s.Head, "Revoked")
	}
	answer := map[bool]string{true: "yes", false: "no"}
	for _, one := range left {
		s.Rows = append(s.Rows, []string{one.DisplayName, one.Scopes, text.Instant(one.ValidFrom), text.Instant(one.ValidTo), answer[one.Revoked]})
	}
	return s
}
