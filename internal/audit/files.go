package steps

import (
	"bufio"
	"cmp"
	"io"
	"path"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// reportFile is the file that the whole report is written to as it comes, or
// nothing.
type reportFile struct {
	file   File
	buffer *bufio.Writer
	writer report.Writer
}

func (r *reportFile) add(found policy.Resource, violations []policy.Violation) error {
	if r.writer == nil {
		return nil
	}
	return unwritten(r.writer.Add(found, violations))
}

// close ends the report, and tells what is not in it.
func (r *reportFile) close(log Logger) error {
	if r.writer == nil {
		return nil
	}
	if sarif, ok := r.writer.(*report.SARIF); ok && sarif.Left() > 0 {
		log.Warnf("report-file: GitHub code scanning takes 25,000 results; %s left out", count(sarif.Left(), "violation"))
	}
	// All three are done, and what stops the first stops the others.
	return unwritten(cmp.Or(r.writer.Close(), r.buffer.Flush(), r.file.Commit()))
}

// Drop discards a report that is not whole. It is part of [Filed].
func (c *checkPermissions) Drop() {
	if c.report.file != nil {
		c.report.file.Discard()
	}
}

func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return fault.New(fault.OutputFailed, "write the report file: %w", err).With("check that the disk has room; an older report was left as it was")
}

// The formats of a report file.
const (
	endJSON  = ".json"
	endSARIF = ".sarif"
)

// Read checks the report's name and reads the policy. It is part of [Filed].
func (c *checkPermissions) Read(files Files) (problems []error) {
	if e := c.reportEnding(); c.ReportFile != "" && e != endJSON && e != endSARIF {
		problems = append(problems, input.Wrong("report-file", c.ReportFile, "name a file that ends in .json or .sarif"))
	}
	if c.Policy == "" {
		return problems
	}
	if c.ReportFile != "" && path.Clean(c.ReportFile) == path.Clean(c.Policy) {
		problems = append(problems, fault.Input("report-file", "report-file: name another file", "report-file: the report would replace the policy"))
	}
	text := []byte(c.Policy)
	if c.policyIsFile() {
		var err error
		if text, err = files.ReadFile("policy", c.Policy, policy.MaxSize); err != nil {
			return append(problems, err)
		}
	}
	found, mistakes := policy.Parse(text)
	c.rules = found.Rules
	return append(problems, mistakes...)
}

// policyIsFile: a policy is longer than a line, and a path is not.
func (c *checkPermissions) policyIsFile() bool {
	return c.Policy != "" && !strings.ContainsAny(c.Policy, "\r\n")
}

func (c *checkPermissions) reportEnding() string { return strings.ToLower(path.Ext(c.ReportFile)) }

// Open begins the report file. It is part of [Filed].
func (c *checkPermissions) Open(files Files) error {
	if c.ReportFile == "" {
		return nil
	}
	file, err := files.Create("report-file", c.ReportFile)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(file, 64<<10)
	c.report = reportFile{file, buffer, c.reportWriter(buffer, files)}
	return nil
}

func (c *checkPermissions) reportWriter(w io.Writer, files Files) report.Writer {
	if c.reportEnding() == endJSON {
		return report.NewJSON(w)
	}
	p := report.Place{Shard: c.Shard}
	if c.policyIsFile() {
		p.File = files.Place(c.Policy)
	}
	return report.NewSARIF(w, p)
}
