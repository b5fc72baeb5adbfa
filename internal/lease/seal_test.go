package lease

import (
	"strings"
	"testing"
)

func TestSeal(t *testing.T) {
	t.Parallel()
	const name, secret = "AZSTEP_LEASE_0badcafe", "FAKE-secret-of-both-steps"
	text, _ := sample().Text()
	sealed := Seal(text, name, secret)
	plain, _, ok := cutSeal(sealed)
	if !ok || plain+"}" != text || strings.ContainsAny(sealed, "%\n") || strings.Contains(sealed, secret) {
		t.Fatalf("%q", sealed)
	}
	for what, c := range map[string]struct {
		text, name, secret string
		want               Verdict
	}{
		"as it was written":      {sealed, name, secret, Sealed},
		"in capitals":            {sealed, strings.ToUpper(name), secret, Sealed},
		"under another name":     {sealed, "AZSTEP_LEASE_0badcaff", secret, Broken},
		"changed":                {strings.Replace(sealed, "fabrikam", "fabrikan", 1), name, secret, Broken},
		"with more":              {strings.Replace(sealed, `{"kind"`, `{"shared":true,"kind"`, 1), name, secret, Broken},
		"by another secret":      {sealed, name, secret + "2", OtherSecret},
		"without a seal":         {text, name, secret, Unsealed},
		"with half a seal":       {sealed[:len(sealed)-4] + `"}`, name, secret, Unsealed},
		"with a seal in between": {strings.TrimSuffix(sealed, "}") + `,"lost":0}`, name, secret, Unsealed},
		"no secret":              {sealed, name, "", OtherSecret},
	} {
		if _, got := Unseal(c.text, c.name, c.secret); got != c.want {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
	if got := Seal(text, name, ""); got != text {
		t.Errorf("without a secret: %q", got)
	}
}
