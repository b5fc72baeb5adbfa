package pattern_test

import (
	"regexp"
	"testing"

	"github.com/azstep/azstep/internal/pattern"
)

// FuzzShapes compares the functions with equivalent regular expressions.
func FuzzShapes(f *testing.F) {
	guid := regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	label := regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?$`)
	for _, s := range []string{
		"0fab0000-0000-4000-8000-000000000001", "0FAB0000-0000-4000-8000-00000000000A", "0fab0000000040008000000000000001----",
		"{0fab0000-0000-4000-8000-000000000001}", "0fab0000-0000-4000-8000-00000000000g", "", "-", "a", "a-", "-a", "a-b", "a--b",
		"abcdefghijkl", "abcdefghijklm", "a.b", "ä", "a\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := pattern.IsGUID(s); got != guid.MatchString(s) {
			t.Errorf("IsGUID(%q) is %v", s, got)
		}
		if got := pattern.IsLabel(s, 12); got != label.MatchString(s) {
			t.Errorf("IsLabel(%q) is %v", s, got)
		}
	})
}
