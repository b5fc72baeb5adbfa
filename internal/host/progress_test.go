package host

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The progress line is replaced by the next line that is printed.
func TestProgress(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local, StderrIsTerminal: true, Width: columns(50), Env: map[string]string{"NO_COLOR": "1"}})
	h.Progress("checked 1 of 9")
	h.Progress("asked about 2 of 9\x1b[2J" + strings.Repeat("x", 90))
	h.Infof("waits")
	h.Progress("asked about 3 of 9")
	h.Progress("")
	h.Progress("")
	want := "azstep: checked 1 of 9\r\x1b[Kazstep: asked about 2 of 9\\x1b[2Jxxxxxxxxxxxxxxxx\r\x1b[Kazstep: waits\nazstep: asked about 3 of 9\r\x1b[K"
	if diff := cmp.Diff(want, h.stderr.String()); diff != "" {
		t.Error(diff)
	}
	for name, o := range map[string]Options{
		"no terminal": {Kind: Local}, "dumb": {Kind: Local, StderrIsTerminal: true, Env: map[string]string{"TERM": "dumb"}},
		"CI": {Kind: GitHub, StderrIsTerminal: true}, "exec": {Kind: Local, Exec: true, StderrIsTerminal: true},
	} {
		h := start(o)
		if h.Progress("x") || h.stderr.Len() > 0 {
			t.Errorf("%s: %q", name, h.stderr)
		}
	}
}
