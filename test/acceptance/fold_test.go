//go:build unix

package acceptance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// folded is a test whose log leaves out masks. A run registers dozens of them, and a
// failure would be lost among 22 KB of masks.
type folded struct{ *testing.T }

func (f folded) Run(name string, run func(testscript.T)) {
	f.T.Run(name, func(t *testing.T) { run(folded{t}) })
}

func (f folded) Verbose() bool { return testing.Verbose() }

func (f folded) Log(args ...any) {
	f.Helper()
	f.T.Log(foldMasks(fmt.Sprint(args...)))
}

// foldMasks replaces consecutive masks with one line.
func foldMasks(log string) string {
	var kept strings.Builder
	masks := 0
	end := func() {
		if masks > 0 {
			fmt.Fprintf(&kept, "[%d masks]\n", masks)
		}
		masks = 0
	}
	for line := range strings.Lines(log) {
		if text := strings.TrimSpace(line); strings.HasPrefix(text, "::add-mask::") || strings.HasPrefix(text, "##vso[task.setsecret]") {
			masks++
			continue
		}
		end()
		kept.WriteString(line)
	}
	end()
	return kept.String()
}

func TestFailuresLeaveMasksOut(t *testing.T) {
	t.Parallel()
	log := "> azstep\n[stdout]\n::add-mask::a\n  ::add-mask::b\nazstep: x\n##vso[task.setsecret]c\nFAIL"
	if got, want := foldMasks(log), "> azstep\n[stdout]\n[2 masks]\nazstep: x\n[1 masks]\nFAIL"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}
