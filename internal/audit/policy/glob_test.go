package policy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"*", "", true},
		{"*", "anything at/all", true},
		{"prod-*", "prod-eu", true},
		{"prod-*", "PROD-", true},
		{"prod-*", "preprod-eu", false},
		{"*prod*", "preprod-eu", true},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"*.p12", "signing.p12.bak", false},
		{"v?", "v1", true},
		{"v?", "v", false},
		{"v?", "v12", false},
		{"?", "ü", true},
		{"[ab]", "[ab]", true},
		{"[ab]", "a", false},
		{`a\*`, `a\b`, true},
		{"", "", true},
		{"", "x", false},
		{"STRASSE*", "strasse 1", true},
	} {
		if got := policy.Match(c.pattern, c.name); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.name, got)
		}
	}
}

// FuzzMatch compares the matcher with an equivalent regular expression.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c*", "aXbYcZ")
	f.Add("*?*", "")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		pattern, name = strings.ToLower(strings.ToValidUTF8(pattern, "")), strings.ToLower(strings.ToValidUTF8(name, ""))
		same := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)\A` + same + `\z`).MatchString(name)
		if got := policy.Match(pattern, name); got != want {
			t.Errorf("Match(%q, %q) = %v", pattern, name, got)
		}
	})
}

// BenchmarkMatchHostile uses a pattern that takes exponential time with
// backtracking.
func BenchmarkMatchHostile(b *testing.B) {
	pattern, name := strings.Repeat("*a", 50)+"b", strings.Repeat("a", 1000)
	for b.Loop() {
		if policy.Match(pattern, name) {
			b.Fatal("matches")
		}
	}
}
