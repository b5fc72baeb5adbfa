package lease

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReleaseRevokesExactlyWhatIsLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   Intent
		want []string
	}{
		"by id":                      {Intent{ID: "a"}, []string{"revoke a"}},
		"by search":                  {Intent{}, []string{"find", "revoke a", "revoke b"}},
		"by search after a loss":     {Intent{ID: "a", Lost: 1}, []string{"find", "revoke a", "revoke b"}},
		"released":                   {Intent{ID: "a", State: Released}, nil},
		"kept":                       {Intent{ID: "a", State: Kept}, nil},
		"kept, but not its lost one": {Intent{ID: "a", Lost: 1, State: Kept}, []string{"find", "revoke b"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{live: []string{"a", "b"}}
			if _, err := Release(t.Context(), w, c.in); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(nonNil(c.want), nonNil(w.log)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
