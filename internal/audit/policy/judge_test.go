package policy_test

import (
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"

	"github.com/google/go-cmp/cmp"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	closed := policy.Resource{Project: "Fabrikam", Type: "environment", ID: "1", Name: "production", Pipelines: []policy.Pipeline{{ID: 15, Name: `\release\web`}, {ID: 42}}}
	open := policy.Resource{Type: "queue", ID: "2", Open: true, Pipelines: []policy.Pipeline{{ID: 6, Name: "build"}}}
	for name, c := range map[string]struct {
		rule   policy.Rule
		found  policy.Resource
		listed []policy.Listed
		want   []policy.Violation
	}{
		"nothing is asked": {policy.Rule{OpenAccess: policy.Allowed}, open, nil, nil},
		"all are there":    {policy.Rule{OpenAccess: policy.Forbidden, Exclusive: true}, closed, []policy.Listed{{"web", 15}, {"42", 42}}, nil},
		"one is missing": {policy.Rule{Number: 2, Line: 9, OpenAccess: policy.Forbidden}, closed, []policy.Listed{{"web", 15}, {"db", 16}},
			[]policy.Violation{{Kind: policy.NotAuthorized, Line: 9, Pipeline: "db", Text: `rule 2 (line 9): environment "production" (1) in Fabrikam: pipeline db is not authorized`}}},
		"one does not exist": {policy.Rule{Number: 2, Line: 9, OpenAccess: policy.Forbidden}, closed, []policy.Listed{{"db", 0}},
			[]policy.Violation{{Kind: policy.NotAuthorized, Line: 9, Pipeline: "db", Text: `rule 2 (line 9): environment "production" (1) in Fabrikam: its project has no pipeline "db"`}}},
		"one too many": {policy.Rule{Number: 1, Line: 3, OpenAccess: policy.Forbidden, Exclusive: true}, closed, []policy.Listed{{"42", 42}},
			[]policy.Violation{{Kind: policy.NotListed, Line: 3, Pipeline: "15", Text: `rule 1 (line 3): environment "production" (1) in Fabrikam: pipeline 15 (\release\web) is authorized, but the rule does not list it`}}},
		"nobody may": {policy.Rule{Number: 1, Line: 3, OpenAccess: policy.Forbidden, Exclusive: true}, policy.Resource{Type: "queue", ID: "2", Pipelines: []policy.Pipeline{{ID: 6}}}, nil,
			[]policy.Violation{{Kind: policy.NotListed, Line: 3, Pipeline: "6", Text: "rule 1 (line 3): queue 2: pipeline 6 is authorized, but the rule does not list it"}}},
		"open access is forbidden": {policy.Rule{Number: 1, Line: 3, OpenAccess: policy.Forbidden}, open, nil,
			[]policy.Violation{{Kind: policy.OpenAccess, Line: 3, Pipeline: "", Text: "rule 1 (line 3): queue 2: open access lets every pipeline use it"}}},
		"open access outranks the list": {policy.Rule{OpenAccess: policy.Allowed}, open, []policy.Listed{{"15", 15}}, nil},
		"open access is required":       {policy.Rule{OpenAccess: policy.Required}, open, nil, nil},
		"open access is missing": {policy.Rule{Number: 1, Line: 3, OpenAccess: policy.Required}, closed, nil,
			[]policy.Violation{{Kind: policy.NoOpenAccess, Line: 3, Pipeline: "", Text: `rule 1 (line 3): environment "production" (1) in Fabrikam: it does not have open access`}}},
		"open access lets others in": {policy.Rule{Number: 1, Line: 3, OpenAccess: policy.Allowed, Exclusive: true}, open, []policy.Listed{{"6", 6}},
			[]policy.Violation{{Kind: policy.NotListed, Line: 3, Pipeline: "", Text: "rule 1 (line 3): queue 2: open access lets every pipeline use it, but the rule allows only those that it lists"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.rule.Judge(c.found, policy.NewListing(c.listed))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnmatched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule policy.Rule
		want string
	}{
		{policy.Rule{Number: 1, Line: 3, Type: "queue", Name: "x"}, `rule 1 (line 3): no queue in Fabrikam is named "x"`},
		{policy.Rule{Number: 1, Line: 3, Type: "queue", Name: "x*"}, `rule 1 (line 3): no queue in Fabrikam has a name that matches "x*"`},
		{policy.Rule{Number: 1, Line: 3, Type: "queue", ID: "7"}, `rule 1 (line 3): no queue in Fabrikam has the id 7`},
	} {
		if got := c.rule.Unmatched("Fabrikam"); got.Text != c.want || got.Kind != policy.NoMatch || got.Line != 3 {
			t.Errorf("%+v, want %q", got, c.want)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	const id = "0FAB0000-0000-4000-8000-000000000301"
	for _, c := range []struct {
		kind, text, want string
		ok               bool
	}{
		{"endpoint", id, "0fab0000-0000-4000-8000-000000000301", true},
		{"securefile", "{" + id + "}", "", false},
		{"endpoint", "7", "", false},
		{"queue", "7", "7", true},
		{"environment", "007", "7", true},
		{"variablegroup", "0", "", false},
		{"variablegroup", "-1", "", false},
		{"variablegroup", "+1", "", false},
		{"variablegroup", "2147483648", "", false},
		{"queue", "7/../8", "", false},
		{"repository", id, "0fab0000-0000-4000-8000-000000000301", true},
		{"repository", id + "." + id, "0fab0000-0000-4000-8000-000000000301.0fab0000-0000-4000-8000-000000000301", true},
		{"repository", id + "." + id + "." + id, "", false},
		{"repository", id + ".", "", false},
		{"repository", "shop", "", false},
		{"repository", "", "", false},
	} {
		got, _, ok := policy.ParseID(c.kind, c.text)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("ParseID(%s, %q) = %q, %v", c.kind, c.text, got, ok)
		}
	}
}
