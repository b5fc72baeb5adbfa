package fault

import (
	"fmt"
	"strings"
)

// Join combines several errors that are reported together. The result has the code
// of the first one, unless the codes differ and nothing was sent: then it is
// invalid-input.
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
		if p.Date.Before(all.Date) { // zero if one of them is not known
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

// Append adds problems to a list, except those about inputs that the list already
// covers: a wrong input often causes further errors, which are not worth reporting.
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

// several shows one line of text and keeps all causes for errors.Is and errors.As.
type several struct {
	text   string
	causes []error
}

func (s *several) Error() string   { return s.text }
func (s *several) Unwrap() []error { return s.causes }
