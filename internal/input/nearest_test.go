package input_test

import (
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
		if got := input.Nearest(word, known); got != want {
			t.Errorf("%q is taken for %q, not %q", word, got, want)
		}
	}
	for word, want := range map[string]string{"TAEM": "did you mean TEAM?", "XYZZY_PLUGH": "the nearest name is DRY_RUN"} {
		if got := input.DidYouMean(word, known); got != want {
			t.Errorf("%q: %q", word, got)
		}
	}
}
