// Package fault defines the error that users see: a stable code, what happened, what
// to do about it, and the facts that a support ticket needs.
//
// The code that knows a fact sets it once, in an Error; callers add context with %w.
// The package imports nothing about hosts or services and prints nothing. A test
// checks that docs/errors.md has a heading for each Code.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Code names a kind of failure. Codes are stable because users compare them in their
// pipelines.
type Code string

// Error is a failure with its code and everything a user needs to fix it.
type Error struct {
	Code       Code
	Exit       int           // exit code; 0 means the default of the code, see [Error.ExitCode]
	Input      string        // name of the input at fault, as its user types it, or ""
	Hints      []string      // what to do and who can do it; if empty, the hint of the code is used
	Status     int           // HTTP status, or 0
	RequestID  string        // the service's request or activity id, or ""
	RetryAfter time.Duration // how long the service asked to wait, or 0
	Date       time.Time     // time according to the service's clock, or zero
	// MaybeDone says that at least part of a request was sent and no complete answer
	// came back, so the request may or may not have taken effect.
	MaybeDone bool
	Err       error // what happened; never holds a secret's value
}

// New returns an Error of the given code whose text is made from format.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Err: fmt.Errorf(format, args...)}
}

// Input returns an Error about one input, with a hint how to correct it.
func Input(name, hint, format string, args ...any) *Error {
	e := New(InvalidInput, format, args...)
	e.Input = name
	e.Hints = hints(hint)
	return e
}

// With adds hints and returns the Error itself.
func (e *Error) With(more ...string) *Error {
	e.Hints = append(e.Hints, more...)
	return e
}

// Error returns one line for the user, without the code.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() error { return e.Err }

// ExitCode is the exit code of the process: 2 if nothing was sent, 3 if a check
// failed, otherwise 1.
func (e *Error) ExitCode() int {
	if e.Exit != 0 {
		return e.Exit
	}
	if known, ok := table()[e.Code]; ok && known.exit != 0 {
		return known.exit
	}
	return 1
}

// Advice returns the hints of the Error, or the hint of its code if it has none.
func (e *Error) Advice() []string {
	if len(e.Hints) > 0 {
		return e.Hints
	}
	if known, ok := table()[e.Code]; ok {
		return hints(known.hint)
	}
	return []string{LookUp(e.Code)}
}

// From finds the Error in err. If err does not contain one, it comes from a bug in
// azstep or in a library; From then reports a bad response whose effect is unknown.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	var found *Error
	if errors.As(err, &found) {
		outer := *found
		outer.Err = err // keeps the context that callers added
		return &outer
	}
	return &Error{Code: BadResponse, MaybeDone: true, Err: err}
}

// Is reports whether err contains an Error with the code.
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
