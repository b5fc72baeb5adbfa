package host

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// ErrorOutput is the output of a failed step: the code of its failure.
const ErrorOutput = "error"

// Report ends a run that failed. It writes an error line, which CI hosts show as an
// annotation with the code, then lines that begin with "hint: ", and the output
// error. It returns the exit code, which is 0 without an error.
func (h *Host) Report(err error) (exit int) {
	if err == nil {
		return 0
	}
	f, text, hints := h.account(err)
	h.show(note{level: Failure, code: h.clean(string(f.Code)), text: h.annotated(text, hints)})
	for _, hint := range hints {
		h.hint(hint)
	}
	h.setError(f.Code)
	return f.ExitCode()
}

// account returns what to tell the user about a failure.
func (h *Host) account(err error) (f *fault.Error, text string, hints []string) {
	f = fault.From(err)
	all := faults(err)
	if len(all) == 0 {
		all = []*fault.Error{f}
	}
	return f, h.describe(err, all), h.advices(all)
}

// SummarizeFailure shows on the job's page what failed and what to do. If there is
// no such page, it prints nothing, because the log already contains everything.
func (h *Host) SummarizeFailure(step string, err error) {
	f, text, hints := h.account(err)
	s := Summary{Title: step + " failed", Mark: Bad, Lead: []string{text}, Todo: hints}
	if all := joined(err); f.Code == fault.InvalidInput && len(all) > 1 {
		s.Lead, s.Problems = nil, h.described(all)
	}
	if h.summarized && (f.Code == fault.PolicyViolation || f.Code == fault.NotAuthorized) {
		s.Title, s.Lead = "", nil // the page already shows what is wrong
	}
	if _, hint := fault.Meaning(f.Code); hint != "" {
		s.Page, s.Address = string(f.Code), errorPages+string(f.Code)
	}
	if _, err := h.dialect.summarize(s.apply(h.clean)); err != nil {
		h.warnUnsummarized(err)
	}
}

// described returns the text of each fault.
func (h *Host) described(all []*fault.Error) (texts []string) {
	for _, f := range all {
		texts = append(texts, h.describe(f, []*fault.Error{f}))
	}
	return texts
}

// errorPages has a heading for every code in the table.
const errorPages = "https://github.com/azstep/azstep/blob/main/docs/errors.md#"

// annotated adds the first hint to an error that becomes an annotation, because
// readers of annotations do not see the log.
func (h *Host) annotated(text string, hints []string) string {
	if h.opts.Kind == Local || len(hints) == 0 {
		return text
	}
	if !strings.HasSuffix(text, "?") {
		text = strings.TrimSuffix(text, ".") + "."
	}
	return text + " Hint: " + hints[0]
}

// faults returns the faults in an error in order, none nested in another: an error
// may join several, such as all invalid inputs.
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

// joined returns the faults that an error joins, or nil if it is only one.
func joined(err error) (all []*fault.Error) {
	for ; err != nil; err = errors.Unwrap(err) {
		if e, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // it walks the tree that errors.As searches
			for _, one := range e.Unwrap() {
				all = append(all, faults(one)...)
			}
			return all
		}
	}
	return nil
}

// describe returns the text of the error line: what happened, and the facts of each
// fault that the text does not mention.
func (h *Host) describe(err error, all []*fault.Error) string {
	text := strings.NewReplacer("\r\n", "; ", "\n", "; ").Replace(err.Error()) // errors.Join
	unnamed := len(all) == 1 && !strings.Contains(text, all[0].Input)
	text = h.spelled(text, err)
	if unnamed {
		text = h.spell.Hint(all[0].Input + ": " + text)
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

// spelled writes the names of the inputs at fault in the reader's spelling.
func (h *Host) spelled(text string, err error) string {
	for _, f := range blamed(err) {
		text = strings.Replace(text, f.Error(), h.spell.Blame(f.Error()), 1)
	}
	return h.spell.Text(text)
}

// blamed returns the faults that name an input, the innermost ones.
func blamed(err error) (all []*fault.Error) {
	switch e := err.(type) { //nolint:errorlint // it walks the tree that errors.As searches
	case interface{ Unwrap() error }:
		all = blamed(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			all = append(all, blamed(one)...)
		}
	}
	if f, ok := err.(*fault.Error); ok && len(all) == 0 && f.Input != "" { //nolint:errorlint // the same
		all = []*fault.Error{f}
	}
	return all
}

func (h *Host) advices(all []*fault.Error) []string {
	var hints []string
	for _, f := range all {
		for _, hint := range h.hintsOf(f) {
			hint = h.spell.Hint(hint)
			if !slices.Contains(hints, hint) {
				hints = append(hints, hint)
			}
		}
	}
	return hints
}

func (h *Host) hintsOf(f *fault.Error) []string {
	if h.choose == nil {
		return f.Advice()
	}
	return h.choose(f)
}

// setError sets the output error unless the outputs already contain one. Azure
// Pipelines rejects a second value for an output, and a laptop gets one JSON object,
// or none if stdout belongs to a command. Such a run may have no outputs at all.
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
		h.Warnf("could not set the output error: %v", err)
	}
}
