package pattern

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSAS(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC)
	for value, want := range map[string]SAS{
		SASPrefix + "sr=1&sig=FAKE%2F%3D&skn=azstep%2D1&se=1795276800000": {"FAKE%2F%3D", "azstep-1", end},
		SASPrefix + "sr=1&sig=FAKE&se=1795276800":                         {"FAKE", "", end},
		SASPrefix + "sig=%zz&skn=%zz&se=x":                                {"%zz", "", time.Time{}},
		SASPrefix + " sig=a & skn=b ":                                     {"a", "b", time.Time{}},
		SASPrefix + "se=-1":                                               {},
		SASPrefix:                                                         {},
	} {
		got, ok := ParseSAS(value)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%q: %v\n%s", value, ok, diff)
		}
	}
	for _, value := range []string{"", "sr=1&sig=FAKE", "sharedaccesssignature sig=FAKE"} {
		if _, ok := ParseSAS(value); ok {
			t.Errorf("%q was taken for one", value)
		}
	}
}
