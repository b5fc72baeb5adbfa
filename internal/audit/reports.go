package audit

import (
	"bufio"
	"cmp"
	"io"
	"path"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/text"
)

// File replaces the file that its input names, once it is complete. Discard after
// Commit does nothing.
type File interface {
	io.Writer
	Commit() error
	Discard()
}

// Files gives access to the files that inputs name. Errors are invalid-input and
// name the input.
type Files interface {
	// ReadFile reads at most limit bytes.
	ReadFile(input, path string, limit int64) ([]byte, error)
	// Create begins a file; until Commit, an existing one stays unchanged.
	Create(input, path string) (File, error)
	// Place returns the path of a file in the checkout, with slashes.
	Place(path string) string
}

// The formats of a report file.
const (
	endJSON  = ".json"
	endSARIF = ".sarif"
	endHTML  = ".html"
)

func endings() []string { return []string{endJSON, endSARIF, endHTML} }

func ending(name string) string { return strings.ToLower(path.Ext(name)) }

// reports are the files to which the full report is written while the run goes on.
type reports struct{ all []*reportFile }

type reportFile struct {
	file   File
	buffer *bufio.Writer
	writer report.Writer
}

// Open opens the report files. Existing ones stay unchanged until the report is
// complete.
func (in *Inputs) Open(files Files) error {
	for _, name := range in.ReportFile {
		file, err := files.Create("report-file", name)
		if err != nil {
			return err
		}
		buffer := bufio.NewWriterSize(file, 64<<10)
		in.reports.all = append(in.reports.all, &reportFile{file, buffer, in.writer(name, buffer)})
	}
	return nil
}

func (in *Inputs) writer(name string, w io.Writer) report.Writer {
	switch ending(name) {
	case endJSON:
		return report.NewJSON(w)
	case endHTML:
		return report.NewHTML(w)
	}
	return report.NewSARIF(w, report.Place{File: in.policyPlace, Shard: in.Shard})
}

func (r *reports) add(found policy.Resource, violations []policy.Violation) error {
	for _, one := range r.all {
		if err := one.writer.Add(found, violations); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// compare adds the changes since an earlier report to those reports that show them.
func (r *reports) compare(drift []difference) {
	changes := make([]report.Change, len(drift))
	for i, d := range drift {
		changes[i] = report.Change{Added: d.added, Resource: d.resource, Pipeline: d.who(), By: d.pipeline.By, On: d.pipeline.On}
	}
	for _, one := range r.all {
		if page, ok := one.writer.(*report.HTML); ok {
			page.Compare(changes)
		}
	}
}

// close completes the reports, and logs what they leave out.
func (r *reports) close(log Log) error {
	for _, one := range r.all {
		if sarif, ok := one.writer.(*report.SARIF); ok && sarif.Left() > 0 {
			log.Warnf("report-file: GitHub code scanning accepts 25,000 results; the .sarif file leaves out %s", text.Count(sarif.Left(), "violation"))
		}
		if err := cmp.Or(one.writer.Close(), one.buffer.Flush()); err != nil {
			return unwritten(err)
		}
	}
	for _, one := range r.all { // only once all of them are complete
		if err := one.file.Commit(); err != nil {
			return unwritten(err)
		}
	}
	return nil
}

// Drop discards reports that are not complete.
func (in *Inputs) Drop() {
	for _, one := range in.reports.all {
		one.file.Discard()
	}
}

func unwritten(err error) error {
	return fault.New(fault.OutputFailed, "write the report file: %w", err).With("check that the disk has free space; an older report was not changed")
}
