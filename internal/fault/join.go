package fault

import (
	"fmt"
	"strings"
)

// Join makes one Error of several that are reported at once. Where all of them
// happened before anything was sent and their codes differ, it is invalid-input;
// else its code is the first one's.
func Join(problems []error) *Error {
	if len(problems) == 0 {
		return nil
	}
	all := From(problems[0])
	if len(problems) == 1 {
		return all
	}
	all.Hints = nil
	sent, alike := false, true
	texts := make([]string, len(problems))
	for i, problem := range problems {
		p := From(problem)
		texts[i] = p.Error()
		all.Hints = append(all.Hints, p.Advice()...)
		all.MaybeDone = all.MaybeDone || p.MaybeDone
		if p.Date.Before(all.Date) { // zero, where one of them is not known
			all.Date = p.Date
		}
		sent = sent || p.ExitCode() != 2
		alike = alike && p.Code == all.Code
	}
	if !sent && !alike {
		all.Code = InvalidInput
	}
	all.Err = fmt.Errorf("%d problems: %w", len(problems), &several{strings.Join(texts, "; "), problems})
	return all
}

// Append adds further problems to a list, but for those of inputs that are
// blamed there already: what a wrong input breaks besides is no news.
func Append(problems []error, more ...error) []error {
	blamed := map[string]bool{}
	for _, problem := range problems {
		if e := From(problem); e.Input != "" {
			blamed[e.Input] = true
		}
	}
	for _, problem := range more {
		if !blamed[From(problem).Input] {
			problems = append(problems, problem)
		}
	}
	return problems
}

// several keeps the causes findable behind one line of text.
type several struct {
	text   string
	causes []error
}

func (s *several) Error() string   { return s.text }
func (s *several) Unwrap() []error { return s.causes }
