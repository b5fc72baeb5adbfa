package policy_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/audit/policy"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"
)

// schema is docs/policy.schema.json, with which editors check a policy.
func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../../../docs/policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("policy.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("policy.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schema and the parser must agree about every policy, valid or not, except for
// mistakes in the YAML itself, such as a duplicate key.
func TestSchemaSaysWhatTheParserSays(t *testing.T) {
	t.Parallel()
	s := schema(t)
	good := []string{
		"version: 1\nresources: [{type: queue, id: 7}]",
		"version: 1\nresources: [{type: EndPoint, name: '*', open-access: required}]",
		"version: 1\nresources: [{type: variablegroup, id: '007', open-access: allowed}]",
		"version: 1\nresources: [{type: repository, id: 0FAB0000-0000-4000-8000-000000000301}]",
		"version: 1\nresources: [{type: repository, id: 0fab0000-0000-4000-8000-000000000301.0fab0000-0000-4000-8000-000000000302}]",
		"version: 1\nresources: [{type: endpoint, id: 0fab0000-0000-4000-8000-000000000301}]",
		"version: 1\nresources: [{type: repository, name: web}, {type: securefile, name: key.p12}]",
		rule("name: production", "project: Fabrikam Fiber", `pipelines: [deploy-web, 42, '\tests\nightly', 42]`, "exclusive: true"),
		rule("name: x", "pipelines: []"), rule("name: x", "exclusive: false", "open-access: required"), rule("name: 100%"), rule("name: ' x '"),
		rule("name: x", "approvals: required"), rule("name: x", "approvals: {approvers: 2, requester: false}"), rule("name: x", "approvals: {requester: true}"),
		rule("name: x", "branches: [refs/heads/main, 'refs/heads/release/*']"),
		"version: 1\nresources: [{type: endpoint, name: x, federated: required}]",
	}
	bad := []string{
		"", "- 1", "CANARY", "resources: [{type: queue, id: 1}]", "version: 2\nresources: [{type: queue, id: 1}]",
		"version: '1'\nresources: [{type: queue, id: 1}]", "version: 1", "version: 1\nresources: []", "version: 1\nresources: {type: queue}",
		"version: 1\nresources: [production]", "version: 1\nresurces: []\nresources: [{type: queue, id: 1}]",
		"version: 1\nresources: [{name: x}]", "version: 1\nresources: [{type: pool, name: x}]", "version: 1\nresources: [{type: queue}]",
		"version: 1\nresources: [{type: endpoint, id: 7}]", "version: 1\nresources: [{type: queue, id: 0}]", "version: 1\nresources: [{type: queue, id: -1}]",
		"version: 1\nresources: [{type: queue, id: x}]", "version: 1\nresources: [{type: queue, id: 3000000000}]",
		"version: 1\nresources: [{type: repository, id: 0fab0000-0000-4000-8000-000000000301.7}]",
		rule("name: x", "exlusive: true"), rule("name: x", "id: 1"), rule("id: 0fab0000-0000-4000-8000-000000000301"), rule("name: 42"),
		rule("name: 2026-01-01"), rule("name:"), rule("name: ''"), rule("name: '  '"), rule(`name: "a\nb"`), rule(`name: "a\x07b"`), rule("name: x", "project: .."),
		rule("name: x", "project: '*'"), rule("name: a%20b"), rule("name: x", "open-access: no"), rule("name: x", "open-access: never"),
		rule("name: x", "exclusive: 'true'"), rule("name: x", "exclusive: true", "open-access: required"), rule("name: x", "pipelines: deploy"),
		rule("name: x", "pipelines: [[deploy]]"), rule("name: x", "pipelines: [0]"), rule("name: x", "pipelines: ['']"), rule("name: x", "pipelines: [true]"),
		rule("name: x", "approvals: yes"), rule("name: x", "approvals: {}"), rule("name: x", "approvals: {approvers: 0}"), rule("name: x", "approvals: {approvers: two}"),
		rule("name: x", "approvals: {approver: 2}"), rule("name: x", "approvals: {requester: 'false'}"), rule("name: x", "branches: []"), rule("name: x", "branches: main"),
		rule("name: x", "branches: ['a, b']"), rule("name: x", "branches: ['']"), rule("name: x", "federated: required"),
		"version: 1\nresources: [{type: endpoint, name: x, federated: true}]",
	}
	check := func(text string, want bool) {
		_, problems := policy.Parse([]byte(text))
		if parsed := len(problems) == 0; parsed != want {
			t.Errorf("the parser says %v of %q: %v", parsed, text, problems)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if err := s.Validate(plain(value)); (err == nil) != want {
			t.Errorf("the schema says %v of %q: %v", err == nil, text, err)
		}
	}
	for _, text := range good {
		check(text, true)
	}
	for _, text := range bad {
		check(text, false)
	}
}

// plain returns a value as JSON represents it, in which a date is not a string.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case time.Time:
		return 0.5
	}
	return v
}
