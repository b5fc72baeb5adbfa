package steps

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzRoles checks that every accepted role has a name and, if any, an organization
// that the service can have, and that the list has the same meaning when it is
// written in full.
func FuzzRoles(f *testing.F) {
	for _, text := range []string{
		"operator", "operator, org-viewer@seattle", "a@b@seattle", "- operator\n- role: org-viewer\n  organization: seattle", "[operator, {role: x}]",
		"- rol: x", "[]", "- &a operator\n- *a", "- operator\n---\n- builder", "@", "a@", "- null", "- [a]", "- 12",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, wrong := parseRoles(text)
		if len(wrong) > 0 {
			return
		}
		written := make([]map[string]string, len(all))
		for i, a := range all {
			if a.Role == "" || a.Organization != "" && !organizationID.MatchString(a.Organization) {
				t.Errorf("%q gave %+v", text, a)
			}
			written[i] = map[string]string{"role": a.Role}
			if a.Organization != "" {
				written[i]["organization"] = a.Organization
			}
		}
		full, err := json.Marshal(written)
		if err != nil || !utf8.Valid(full) || strings.ContainsFunc(describeRoles(all), func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
			return // this JSON is not valid YAML
		}
		again, wrong := parseRoles(string(full))
		if len(wrong) > 0 {
			t.Fatalf("%q, written as %s: %v", text, full, wrong)
		}
		if diff := cmp.Diff(all, again, cmp.AllowUnexported(assignment{})); diff != "" {
			t.Errorf("%q, written as %s (-want +got):\n%s", text, full, diff)
		}
	})
}
