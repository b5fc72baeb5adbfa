package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestFromKeepsContextAndFacts(t *testing.T) {
	t.Parallel()
	cause := &Error{Code: PermissionDenied, Status: 403, RequestID: "r-1", Err: errors.New("no")}
	got := From(fmt.Errorf("create team: %w", cause))
	if got.Code != PermissionDenied || got.RequestID != "r-1" || got.Error() != "create team: no" || got.MaybeDone {
		t.Errorf("From lost something: %+v", got)
	}
	if bug := From(errors.New("bug")); bug.Code != BadResponse || !bug.MaybeDone {
		t.Errorf("a plain error must count as maybe done: %+v", bug)
	}
}

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[Code]int{
		InvalidInput: 2, MissingCredential: 2, WrongCredentialKind: 2, AppOnlyCredential: 2,
		WrongAudience: 2, CredentialExpired: 2, Network: 1, NotAuthorized: 3, PolicyViolation: 3, "pat-unheard-of": 1,
	} {
		if got := (&Error{Code: code}).ExitCode(); got != want {
			t.Errorf("exit of %s = %d, want %d", code, got, want)
		}
	}
}

func TestEveryCodeHasMeaningAndHint(t *testing.T) {
	t.Parallel()
	for _, c := range Codes() {
		if text, hint := Meaning(c); text == "" || hint == "" {
			t.Errorf("%s: meaning %q, hint %q", c, text, hint)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	scopes, missing, network := Input("scopes", "give one", "scopes is required"), New(MissingCredential, "no credential"), New(Network, "reset")
	for _, c := range []struct {
		problems []error
		code     Code
		exit     int
		text     string
	}{
		{[]error{scopes}, InvalidInput, 2, "scopes is required"},
		{[]error{missing, missing}, MissingCredential, 2, "2 problems: no credential; no credential"},
		{[]error{missing, scopes}, InvalidInput, 2, "2 problems: no credential; scopes is required"},
		{[]error{network, missing}, Network, 1, "2 problems: reset; no credential"},
	} {
		got := Join(c.problems)
		if got.Code != c.code || got.ExitCode() != c.exit || got.Error() != c.text || len(got.Advice()) == 0 {
			t.Errorf("%v: %s %d %q %q", c.problems, got.Code, got.ExitCode(), got, got.Hints)
		}
	}
	if Join(nil) != nil {
		t.Error("no problems make an error")
	}
}
