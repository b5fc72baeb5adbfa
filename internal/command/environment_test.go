package command

import (
	"slices"
	"testing"

	"github.com/azstep/azstep/internal/input"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	environ := []string{"Path=C:\\bin", "azstep_scopes=vso.code", "Azstep_Credential=fake", "HOME=C:\\me"}
	if got := environment(environ, false); len(got) != 4 || got["AZSTEP_SCOPES"] != "" {
		t.Errorf("where names have a case: %q", got)
	}
	got := environment(environ, true)
	want := map[string]string{"PATH": "C:\\bin", "AZSTEP_SCOPES": "vso.code", "AZSTEP_CREDENTIAL": "fake", "HOME": "C:\\me"}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	child := input.Inherited(got)
	child = slices.DeleteFunc(child, func(pair string) bool { return pair[:4] == "HOME" || pair[:6] == "azstep" || pair[:6] == "AZSTEP" })
	if diff := cmp.Diff([]string{"PATH=C:\\bin", "Path=C:\\bin"}, child); diff != "" {
		t.Errorf("what a command gets: %s", diff)
	}
}
