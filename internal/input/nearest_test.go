package input_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/input"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"DRY_RUN", "LIFETIME", "SCOPES", "TEAM", "CREDENTIAL", "RESOURCE_TYPE", "RESOURCE_NAME", "vso.code"}
	for word, want := range map[string]string{
		"DRYRUN": "DRY_RUN", "LIFETMIE": "LIFETIME", "SCOPE": "SCOPES", "lifetime": "LIFETIME", "RESOURCETYPE": "RESOURCE_TYPE",
		"CREDENTIL": "CREDENTIAL", "TAEM": "TEAM", "vso.cod": "vso.code",
	} {
		if got, ok := input.Nearest(word, known); got != want || !ok {
			t.Errorf("%q is taken for %q, %t, not %q", word, got, ok, want)
		}
	}
	for _, word := range []string{"XYZZY_PLUGH", "FOO", "HOME", "X"} {
		if got, ok := input.Nearest(word, known); ok {
			t.Errorf("%q is taken for %q", word, got)
		}
	}
}

// FuzzNearest checks that a suggestion is always one of the known words, and the word
// itself if it is one, in any case and however it separates its parts.
func FuzzNearest(f *testing.F) {
	for _, word := range []string{"", "AZSTEP_DRYRUN", "azstep_scopes", "\xff\u2028", "É", "AZSTEP_" + strings.Repeat("X", 300)} {
		f.Add(word, "AZSTEP_DRY_RUN", "AZSTEP_SCOPES")
	}
	f.Fuzz(func(t *testing.T, word, one, two string) {
		if len(word)+len(one)+len(two) > 2000 {
			t.Skip("longer than any name")
		}
		known := []string{one, two}
		if best, _ := input.Nearest(word, known); !slices.Contains(known, best) {
			t.Errorf("%q is taken for %q, which is not known", word, best)
		}
		if same, ok := input.Nearest(two, []string{two}); same != two || !ok {
			t.Errorf("%q: %q, %t", two, same, ok)
		}
	})
}
