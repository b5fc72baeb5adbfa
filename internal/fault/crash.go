package fault

import (
	"runtime/debug"
	"strings"
)

// Guard makes an error of a panic, so that what was minted is revoked as after any
// other failure. Whether a request that was under way was done is not known then.
func Guard(do func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = crashed(reason)
		}
	}()
	return do()
}

// crashed is a bug of azstep's own. The stack names functions and lines, and no
// values.
func crashed(reason any) error {
	e := New(BadResponse, "azstep crashed: %v, at %s", reason, where(debug.Stack())).
		With("this is a bug in azstep: report it with this message and the output of `azstep version`")
	e.MaybeDone = true
	return e
}

// where are the files and lines of a stack, from the panic on.
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
