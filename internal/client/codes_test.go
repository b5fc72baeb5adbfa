package client

import "testing"

func TestKebabRunOfCapitalsIsOneWord(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"globalPATCreationBlocked":   "global-pat-creation-blocked",
		"invalidSourceIP":            "invalid-source-ip",
		"patLifespanPolicyViolation": "pat-lifespan-policy-violation",
		"Unauthenticated":            "unauthenticated",
		"403.043.004.005":            "403-043-004-005",
		"x\n::error::y":              "x-error-y",
		"##vso[":                     "vso",
		"":                           "unknown",
		"日本":                         "unknown",
	} {
		if got := kebab(in); got != want {
			t.Errorf("kebab(%q) = %q, want %q", in, got, want)
		}
	}
}
