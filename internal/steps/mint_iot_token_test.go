package steps

import (
	"testing"
	"time"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/lease"
)

// A token with an id that the user chose is recognized by its expiry, to the
// millisecond, or to the second if the service stores only seconds.
func TestSignOfAToken(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 29, 12, 34, 56, 789e6, time.UTC)
	in := lease.Intent{Name: "mine", Shared: true, Expires: at}
	for name, c := range map[string]struct {
		answer, shown time.Time
		want          bool
	}{
		"the same":                     {at, at, true},
		"finer than a millisecond":     {at.Add(123 * time.Microsecond), at, true},
		"shown in seconds":             {at, at.Truncate(time.Second), true},
		"shown rounded up":             {at, at.Truncate(time.Second).Add(time.Second), true},
		"answered in seconds":          {at.Truncate(time.Second), at, true},
		"another millisecond":          {at, at.Add(time.Millisecond), false},
		"another second":               {at, at.Truncate(time.Second).Add(2 * time.Second), false},
		"a whole minute":               {at, at.Truncate(time.Minute), false},
		"no expiry, and none is shown": {time.Time{}, time.Time{}, true},
		"no expiry, as asked for":      {time.Time{}, at, true},
		"no expiry, and another":       {time.Time{}, at.Add(time.Hour), false},
		"an expiry, and none is shown": {at, time.Time{}, false},
	} {
		if got := isSign(signOf(in, c.answer), c.shown); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got := signOf(lease.Intent{Name: "azstep-x"}, at); got != "azstep-x" {
		t.Errorf("a generated id: %q", got)
	}
}

func TestWhatAServiceMayHaveMadeOfAnExpiry(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 11, 29, 12, 34, 56, 789e6, time.UTC)
	for shown, want := range map[time.Time]bool{
		asked.Truncate(time.Second): true, asked.Truncate(time.Minute): true, asked.Truncate(time.Hour).Add(time.Hour): true,
		asked.Truncate(24 * time.Hour): true, asked.Add(time.Millisecond): false, asked.Truncate(time.Hour).Add(2 * time.Hour): false,
		asked.Add(48 * time.Hour): false,
	} {
		if got := isRounded(asked, shown); got != want {
			t.Errorf("%v: %v", shown, got)
		}
	}
}

func TestSameRoles(t *testing.T) {
	t.Parallel()
	a, b := client.RoleAssignment{Role: "a"}, client.RoleAssignment{Role: "a", Organization: "o"}
	if !sameRoles([]client.RoleAssignment{a, b}, []client.RoleAssignment{b, a}) || sameRoles([]client.RoleAssignment{a}, []client.RoleAssignment{b}) {
		t.Error("roles are compared wrongly")
	}
}
