package fault

import (
	"errors"
	"strings"
	"testing"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	if err := Guard(func() error { return plain }); !errors.Is(err, plain) {
		t.Error(err)
	}
	err := From(Guard(func() error {
		var nobody *Error
		return errors.New(nobody.Input)
	}))
	if err == nil || err.Code != BadResponse || !err.MaybeDone || err.ExitCode() != 1 {
		t.Fatalf("%#v", err)
	}
	for _, want := range []string{"azstep crashed: ", "nil pointer", "crash_test.go:", "crash.go:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "0x") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has values or lines", err)
	}
}
