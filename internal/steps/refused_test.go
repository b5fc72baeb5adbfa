package steps

import (
	"strings"
	"testing"
)

// These values are rejected by the parsers of inputs. One script for each shows how
// the program reports it on every host.

func TestTeamNamesThatNoTeamCanHave(t *testing.T) {
	t.Parallel()
	for rule, names := range map[string][]string{
		"/ :":         {"a/b", "a:b", `a\b`, "a#b", `a"b`, "a;b", "a%b", "a,b", "[a]", "a+b=c", "Zürich & 東京"},
		"underscore":  {"_a"},
		"a dot":       {".a", "a."},
		"..":          {"a..b"},
		"…":           {"a…b"},
		"reserved":    {"con", "COM1", "lpt9", "PRN"},
		"basic plane": {"😀", "a\nb"},
		"64":          {strings.Repeat("x", 65)},
	} {
		for _, name := range names {
			if got := brokenRule(name); !strings.Contains(got, rule) {
				t.Errorf("%q breaks the rule %q, want one about %q", name, got, rule)
			}
		}
	}
	for _, name := range []string{"Web", strings.Repeat("x", 64), "Zürich (東京) - é"} {
		if got := brokenRule(name); got != "" {
			t.Errorf("%q breaks the rule %q", name, got)
		}
	}
}

func TestExportedNamesThatWouldSteerLaterSteps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"PATH", "Path", "NODE_OPTIONS", "BASH_ENV", "HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "LD_PRELOAD", "DYLD_INSERT_LIBRARIES",
		"GITHUB_TOKEN", "RUNNER_TEMP", "ACTIONS_CACHE_URL", "SYSTEM_ACCESSTOKEN", "AGENT_NAME", "INPUT_CREDENTIAL", "AZSTEP_CREDENTIAL",
		"AZSTEP_LEASE_00000000", "1TOKEN", "MY-TOKEN", "MY TOKEN", "A=B", "Ä", "A\nB=C",
	} {
		if len(checkExport(name)) == 0 {
			t.Errorf("export-env %q is allowed", name)
		}
	}
	for _, name := range []string{"NPM_TOKEN", "_", "a1", ExecVariable} {
		if problems := checkExport(name); len(problems) > 0 {
			t.Errorf("export-env %q: %v", name, problems)
		}
	}
}

func TestWhatIsNoListOfRoles(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", ",", "- role: operator\n  evil: x\n", "[{role: operator, organisation: x}]", "[]", "[{organization: seattle}]",
		"- {role: [operator]}", "operator@SEATTLE!", "operator@", "operator @ ", " @seattle", "[{role: operator, organization: }]",
		`[{role: operator, organization: ""}]`, "- role: \"operator\n", "- role: operator\n---\n- role: builder\n",
		"- role: operator\n  role: builder\n",
	} {
		if all, wrong := parseRoles(value); len(wrong) == 0 {
			t.Errorf("roles %q are %v", value, all)
		}
	}
}

func TestAllBadRolesAreReported(t *testing.T) {
	t.Parallel()
	_, wrong := parseRoles("operator@SEATTLE!, builder, operator@, org-viewer@ü")
	if len(wrong) != 3 {
		t.Errorf("%d of 3 mistakes: %v", len(wrong), wrong)
	}
}
