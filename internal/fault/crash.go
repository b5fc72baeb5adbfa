package fault

import (
	"runtime/debug"
	"strings"
)

// Guard turns a panic into an error, so that credentials already minted are revoked
// as after any other failure. The effect of a request that was in flight is unknown.
func Guard(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = crashed(reason)
		}
	}()
	return do()
}

// crashed reports a bug in azstep. The stack trace contains functions and lines, but
// no values.
func crashed(reason any) error {
	e := New(BadResponse, "azstep crashed: %v, at %s", reason, where(debug.Stack())).
		With("this is a bug in azstep: report it with this message and the output of `azstep version`")
	e.MaybeDone = true
	return e
}

// where returns the files and lines of a stack trace, starting at the panic.
func where(stack []byte) string {
	var places []string
	_, after, found := strings.Cut(string(stack), "\npanic(")
	if !found {
		after = string(stack)
	}
	for line := range strings.Lines(after) {
		if path, ok := strings.CutPrefix(line, "\t"); ok && !strings.Contains(path, "/runtime/") {
			place, _, _ := strings.Cut(path[strings.LastIndex(path, "/")+1:], " ")
			places = append(places, strings.TrimSpace(place))
		}
	}
	return strings.Join(places[:min(len(places), 8)], " < ")
}
