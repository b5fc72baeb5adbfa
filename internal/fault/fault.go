// Package fault is the one error a user sees: a stable code, what happened,
// the way out, and the facts that a support ticket needs.
//
// Whoever knows a fact sets it once, in an Error; everybody above adds context
// with %w. Package fault is a leaf: it knows no host and no service, and prints
// nothing. docs/errors.md has a heading for each Code, which a test holds.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure. Codes are stable: users compare them.
type Code string

// Error is a failure with its code and everything a person needs to end it.
type Error struct {
	Code       Code
	Exit       int           // exit code; 0 means the code's own, see [Error.ExitCode]
	Input      string        // the input to blame, as its name is typed, or ""
	Hints      []string      // what to do and who can do it; none means the code's own
	Status     int           // HTTP status, or 0
	RequestID  string        // the service's request or activity id, or ""
	RetryAfter time.Duration // what the service asked to wait, or 0
	Date       time.Time     // what the service's clock showed, or zero
	// MaybeDone says that bytes of a request left and no complete, understood
	// answer came: its effect may or may not have happened.
	MaybeDone bool
	Err       error // what happened; never holds a secret's value
}

// New returns an Error of the given code whose text is made from format.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Input returns an Error that blames one input and says the way out.
func Input(name, hint, format string, args ...any) *Error {
	e := New(InvalidInput, format, args...)
	e.Input = name
	e.Hints = hints(hint)
	return e
}

// With adds hints and returns the Error.
func (e *Error) With(more ...string) *Error {
	e.Hints = append(e.Hints, more...)
	return e
}

// Error is one line for a person, without the code.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return e.Err.Error()
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode is what the process ends with: 2 when nothing was sent, 3 for a
// check that is not satisfied, 1 for the rest.
func (e *Error) ExitCode() int {
	if e.Exit != 0 {
		return e.Exit
	}
	if known, ok := table()[e.Code]; ok && known.exit != 0 {
		return known.exit
	}
	return 1
}

// Advice is the Error's own hints, or its code's where it has none.
func (e *Error) Advice() []string {
	if len(e.Hints) > 0 {
		return e.Hints
	}
	if known, ok := table()[e.Code]; ok {
		return hints(known.hint)
	}
	return []string{LookUp(e.Code)}
}

// From finds the Error in err. An error that carries none is a bug of ours or
// of a library, and is reported as a bad response whose effect is unknown.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var found *Error
	if errors.As(err, &found) {
		outer := *found
		outer.Err = err // keeps the context that was added around it
		return &outer
	}
	return &Error{Code: BadResponse, MaybeDone: true, Err: err}
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool {
	var found *Error
	return errors.As(err, &found) && found.Code == code
}

func hints(hint string) []string {
	if hint == "" {
		return nil
	}
	return []string{hint}
}
