package host

import (
	"fmt"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// ErrorOutput is the output that a failed step has: the code of its failure.
const ErrorOutput = "error"

// Report ends a run that failed: one error line, which CI hosts make an
// annotation with the code, then lines that begin with "hint: ", and the output
// error. It returns the exit code; that of no error is 0.
func (h *Host) Report(err error) (exit int) {
	if err == nil {
		return 0
	}
	f := fault.From(err)
	all := faults(err)
	if len(all) == 0 {
		all = []*fault.Error{f}
	}
	h.show(Failure, h.clean(string(f.Code)), describe(err, all))
	for _, advice := range advices(all) {
		h.hint(advice)
	}
	h.setError(f.Code)
	return f.ExitCode()
}

// faults are the faults of an error in order, none inside another: an error may
// join several, such as all inputs that are wrong.
func faults(err error) []*fault.Error {
	switch e := err.(type) { //nolint:errorlint // it walks the tree that errors.As searches
	case nil:
		return nil
	case *fault.Error:
		return []*fault.Error{e}
	case interface{ Unwrap() error }:
		return faults(e.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*fault.Error
		for _, one := range e.Unwrap() {
			all = append(all, faults(one)...)
		}
		return all
	}
	return nil
}

// describe is the text of the error line: what happened, and the facts of each
// fault that the text does not tell.
func describe(err error, all []*fault.Error) string {
	text := strings.NewReplacer("\r\n", "; ", "\n", "; ").Replace(err.Error()) // errors.Join
	if f := all[0]; len(all) == 1 && !strings.Contains(text, f.Input) {
		text = f.Input + ": " + text
	}
	for _, f := range all {
		if facts := factsOf(f, text); facts != "" {
			text += " (" + facts + ")"
		}
	}
	return text
}

func factsOf(f *fault.Error, text string) string {
	var facts []string
	if status := fmt.Sprintf("HTTP %d", f.Status); f.Status != 0 && !strings.Contains(text, status) {
		facts = append(facts, status)
	}
	if f.RequestID != "" && !strings.Contains(text, f.RequestID) {
		facts = append(facts, "request id "+f.RequestID)
	}
	return strings.Join(facts, ", ")
}

func advices(all []*fault.Error) []string {
	var hints []string
	for _, f := range all {
		for _, hint := range f.Advice() {
			if !slices.Contains(hints, hint) {
				hints = append(hints, hint)
			}
		}
	}
	return hints
}

// setError sets the output error, unless the outputs have one already. Azure
// Pipelines refuses to set an output twice, and a laptop gets one JSON object, or
// none where stdout is a command's. Such a run may do without outputs at all.
func (h *Host) setError(code fault.Code) {
	h.mu.Lock()
	done := h.coded || h.opts.Kind == Local && (h.delivered || h.opts.Exec)
	h.coded = true
	h.mu.Unlock()
	if done {
		return
	}
	err := h.dialect.publish([]Output{{Name: ErrorOutput, Value: string(code)}}, nil)
	if err != nil && code != fault.OutputFailed && !h.opts.Exec {
		h.Warnf("the output error could not be set: %v", err)
	}
}
