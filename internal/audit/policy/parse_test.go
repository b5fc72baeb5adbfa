package policy_test

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	got, problems := policy.Parse([]byte(`# who may deploy
version: 1
resources:
  - type: environment
    project: Fabrikam
    name: production
    open-access: forbidden
    pipelines: [deploy-web, 42, '\tests\nightly', 42]
    exclusive: true

  - type: EndPoint
    name: "*"
    open-access: required
  - {type: queue, id: 7, open-access: allowed}
  - type: variablegroup
    id: "007"
  - type: repository
    id: 0FAB0000-0000-4000-8000-000000000301
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := policy.Policy{Rules: []policy.Rule{
		{Number: 1, Line: 4, Type: "environment", Project: "Fabrikam", Name: "production", OpenAccess: policy.Forbidden,
			Pipelines: []string{"deploy-web", "42", `\tests\nightly`}, Exclusive: true},
		{Number: 2, Line: 11, Type: "endpoint", Name: "*", OpenAccess: policy.Required},
		{Number: 3, Line: 14, Type: "queue", ID: "7", OpenAccess: policy.Allowed},
		{Number: 4, Line: 15, Type: "variablegroup", ID: "7", OpenAccess: policy.Forbidden},
		{Number: 5, Line: 17, Type: "repository", ID: "0fab0000-0000-4000-8000-000000000301", OpenAccess: policy.Forbidden},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// rule returns a policy with one rule, whose first key is in line 3.
func rule(lines ...string) string {
	return "version: 1\nresources:\n  - type: environment\n    " + strings.Join(lines, "\n    ") + "\n"
}

func TestParseNamesLineAndKeyOfEachMistake(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                {"", []string{"it is empty"}},
		"comments alone":         {"# later\n", []string{"it is empty"}},
		"null":                   {"---\n", []string{"line 2: nothing found where keys and values are expected"}},
		"a list":                 {"- 1\n", []string{"line 1: a list found where keys and values are expected"}},
		"text":                   {"CANARY", []string{"line 1: text found where keys and values are expected"}},
		"no version":             {"resources: [{type: queue, id: 1}]", []string{"line 1: version: it is missing"}},
		"version 2":              {"version: 2\nresources: [{type: queue, id: 1}]", []string{"line 1: version: the only version is 1"}},
		"version as text":        {"version: '1'\nresources: [{type: queue, id: 1}]", []string{"line 1: version: write a whole number above 0"}},
		"no resources":           {"version: 1\n", []string{"line 1: resources: it is missing"}},
		"no rule":                {"version: 1\nresources: []\n", []string{"line 2: resources: give a list with at least one rule"}},
		"resources as a mapping": {"version: 1\nresources: {type: queue}\n", []string{"line 2: resources: a mapping found where a list is expected"}},
		"a rule that is text":    {"version: 1\nresources: [production]\n", []string{"line 2: text found where keys and values are expected"}},
		"unknown key":            {rule("name: x", "exlusive: true"), []string{"line 5: unknown key exlusive"}},
		"key that is content":    {rule("name: x", "CANARY 4f8a: true"), []string{"line 5: unknown key"}},
		"key that is no text":    {rule("name: x", "[a, b]: true"), []string{"line 5: unknown key"}},
		"unknown key above":      {"version: 1\nresurces: []\nresources: [{type: queue, id: 1}]", []string{"line 2: unknown key resurces"}},
		"key twice":              {rule("name: x", "name: CANARY"), []string{"line 5: name: the key appears twice"}},
		"key above twice":        {"version: 1\nversion: 1\nresources: [{type: queue, id: 1}]", []string{"line 2: version: the key appears twice"}},
		"second document":        {rule("name: x") + "---\nversion: 1\n", []string{"line 5: a second document begins here; a policy is one document"}},
		"broken second document": {rule("name: x") + "---\n]\n", []string{"near line 5: not valid YAML: did not find expected node content"}},
		"broken YAML":            {"version: 1\nresources: [\n", []string{"near line 2: not valid YAML: did not find expected node content"}},
		"tab":                    {"version: 1\nresources:\n\t- type: queue\n", []string{"near line 3: not valid YAML: found character that cannot start any token"}},
		"alias to nothing":       {rule("name: *CANARY"), []string{"quote text that begins with *; aliases are not supported"}},
		"star":                   {rule("name: *"), []string{"near line 4: quote text that begins with *; aliases are not supported"}},
		"alias":                  {rule("name: &a x", "project: *a"), []string{"line 5: project: an alias, which is not supported, found where text is expected; quote text that looks like something else"}},
		"merge":                  {"version: 1\nresources:\n  - &a {type: queue, id: 1}\n  - <<: *a\n    id: 2\n", []string{"line 4: merge keys (<<) are not supported", "line 4: type: it is missing"}},
		"no type":                {"version: 1\nresources: [{name: x}]", []string{"line 2: type: it is missing"}},
		"unknown type":           {"version: 1\nresources: [{type: pool, name: x}]", []string{"line 2: type: write one of endpoint, queue, variablegroup, environment, repository, securefile"}},
		"neither name nor id":    {"version: 1\nresources: [{type: queue}]", []string{"line 2: name: give name or id"}},
		"name and id":            {rule("name: x", "id: 1"), []string{"line 5: id: give name or id, not both"}},
		"id of another type":     {rule("id: 0fab0000-0000-4000-8000-000000000301"), []string{"line 4: id: for the type environment write a number"}},
		"id that is no GUID":     {"version: 1\nresources: [{type: endpoint, id: 7}]", []string{"line 2: id: for the type endpoint write a GUID"}},
		"half a repository":      {"version: 1\nresources: [{type: repository, id: 0fab0000-0000-4000-8000-000000000301.7}]", []string{"line 2: id: for the type repository write a GUID, or projectId.repositoryId, both GUIDs"}},
		"name that is a number":  {rule("name: 42"), []string{"line 4: name: a number found where text is expected; quote text that looks like something else"}},
		"name that is a date":    {rule("name: 2026-01-01"), []string{"line 4: name: a date found where text is expected; quote text that looks like something else"}},
		"name that is nothing":   {rule("name:"), []string{"line 4: name: nothing found where text is expected; quote text that looks like something else"}},
		"empty name":             {rule("name: ''"), []string{"line 4: name: it is empty"}},
		"name of two lines":      {rule(`name: "a\nb"`), []string{"line 4: name: nothing can have this name"}},
		"name that is a path":    {rule("name: x", "project: .."), []string{"line 5: project: nothing can have this name"}},
		"every project":          {rule("name: x", "project: '*'"), []string{"line 5: project: write a name or an id, or leave it out for every project of the run"}},
		"open access":            {rule("name: x", "open-access: no"), []string{"line 5: open-access: write forbidden, allowed or required"}},
		"exclusive as text":      {rule("name: x", "exclusive: 'true'"), []string{"line 5: exclusive: write true or false"}},
		"exclusive and open":     {rule("name: x", "exclusive: true", "open-access: required"), []string{"line 5: exclusive: this rule requires open access, so the resource cannot be exclusive"}},
		"one pipeline":           {rule("name: x", "pipelines: deploy"), []string{"line 5: pipelines: text found where a list is expected"}},
		"pipeline in a list":     {rule("name: x", "pipelines: [[deploy]]"), []string{"line 5: pipelines: a list found where text is expected; quote text that looks like something else"}},
		"pipeline 0":             {rule("name: x", "pipelines: [0]"), []string{"line 5: pipelines: write a whole number above 0"}},
		"several at once": {rule("nam: x", "open-access: 1", "exclusive: 2"), []string{
			"line 4: unknown key nam",
			"line 5: open-access: a number found where text is expected; quote text that looks like something else",
			"line 6: exclusive: write true or false",
			"line 3: name: give name or id",
		}},
		"own tag": {rule("name: !CANARY x"), []string{"line 4: name: another type found where text is expected; quote text that looks like something else"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, problems := policy.Parse([]byte(c.text))
			var got []string
			for _, p := range problems {
				if f := fault.From(p); f.Code != fault.InvalidInput || f.Input != "policy" || f.ExitCode() != 2 {
					t.Errorf("%v is %s of %q, exit code %d", p, f.Code, f.Input, f.ExitCode())
				}
				got = append(got, strings.TrimPrefix(p.Error(), "policy: "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(strings.Join(got, ""), "CANARY") {
				t.Error("the error contains content of the file")
			}
		})
	}
}

func TestParseEndsListsOfMistakes(t *testing.T) {
	t.Parallel()
	_, problems := policy.Parse([]byte("version: 1\nresources:\n" + strings.Repeat("  - {type: queue, id: x}\n", 1000)))
	if len(problems) != 20 || problems[19].Error() != "policy: 981 more mistakes" {
		t.Errorf("%d problems, the last one %q", len(problems), problems[len(problems)-1])
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	_, problems := policy.Parse([]byte(rule("name: x") + "#" + strings.Repeat("x", policy.MaxSize)))
	if len(problems) != 1 || problems[0].Error() != "policy: it is larger than 1024 KiB" {
		t.Error(problems)
	}
}

// FuzzParse checks that, for any text, Parse returns mistakes or a policy that can
// be used.
func FuzzParse(f *testing.F) {
	f.Add(rule("name: x", "pipelines: [a, 1]", "exclusive: true"))
	f.Add("version: 1\nresources: [{type: repository, id: 0fab0000-0000-4000-8000-000000000301.0fab0000-0000-4000-8000-000000000301}]")
	f.Add("version: 1\n---\n? [a]\n: *b\n")
	f.Add("a: &a [*a]\n<<: *a")
	f.Add(rule("name: x", "approvals: {approvers: 2, requester: true}", "branches: [main, release/*]"))
	f.Add("version: 1\nresources: [{type: endpoint, name: '*', federated: true, approvals: {}, branches: [refs/tags/v*]}]")
	f.Add("version: 1\nresources: [{type: endpoint, name: x, approvals: {approvers: 0x7fffffffffffffff}, branches: ['', 1]}]")
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := policy.Parse([]byte(text))
		if len(problems) > 0 {
			return
		}
		if len(p.Rules) == 0 {
			t.Fatal("a policy without rules")
		}
		for i, r := range p.Rules {
			_, _, isID := policy.ParseID(r.Type, r.ID)
			if !policy.IsType(r.Type) || (r.Name == "") == (r.ID == "") || r.ID != "" && !isID || r.Number != i+1 || r.Line < 1 {
				t.Fatalf("%+v", r)
			}
			if r.Approvals != nil && r.Approvals.Approvers < 1 || r.Branches != nil && len(r.Branches) == 0 || r.Federated && r.Type != "endpoint" {
				t.Fatalf("%+v", r)
			}
			for _, branch := range r.Branches {
				if branch == "" || strings.ContainsAny(branch, "\x00\r\n") {
					t.Fatalf("%+v", r)
				}
			}
			for _, name := range append([]string{r.Name, r.Project}, r.Pipelines...) {
				if strings.ContainsAny(name, "\x00\r\n") || name == ".." {
					t.Fatalf("%+v", r)
				}
			}
		}
	})
}
