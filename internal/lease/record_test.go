package lease

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample() Intent {
	return Intent{
		Kind: "pat", Base: "https://vssps.dev.azure.com/fabrikam", Name: "100% of \"shop\" [azstep:0badcafe]", ID: "a",
		Expires: time.Date(2026, 11, 29, 15, 0, 0, 123e6, time.UTC), Lost: 1, State: Kept,
		Access: Identity{Auth: "credential", TenantID: "t"},
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	for _, in := range []Intent{sample(), {State: None}} {
		text, err := in.Text()
		if err != nil || strings.ContainsAny(text, "%\n") {
			t.Errorf("%q, %v", text, err)
		}
		got, err := Parse(text)
		if diff := cmp.Diff(in, got); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
	}
	if got, err := Parse(Nothing()); err != nil || !got.Over() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	text, _ := sample().Text()
	for _, foreign := range []string{
		"", "{}", "null", "[]", "x", `{"state":"none","kind":"pat"}`, `{"state":"over"}`, text + text, text + "x", text[:len(text)-1],
		strings.Replace(text, `"kind":"pat",`, "", 1), strings.Replace(text, `"lost":1`, `"lost":-1`, 1),
		strings.Replace(text, `"state":"kept"`, `"state":"done"`, 1), strings.Replace(text, `"kind":`, `"trustedHosts":["evil.example"],"kind":`, 1),
	} {
		if got, err := Parse(foreign); err == nil {
			t.Errorf("%q is taken for %+v", foreign, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	text, _ := sample().Text()
	f.Add(text)
	f.Add(Nothing())
	f.Fuzz(func(t *testing.T, text string) {
		in, err := Parse(text)
		if err != nil {
			return
		}
		again, err := in.Text()
		if err != nil {
			t.Skip("JSON cannot represent the time")
		}
		if back, err := Parse(again); err != nil || back.Over() != in.Over() {
			t.Errorf("%q became %q: %v", text, again, err)
		}
	})
}
