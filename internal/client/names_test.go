package client_test

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

func TestNames(t *testing.T) {
	t.Parallel()
	resource := func(kind client.ResourceType) func(string) error {
		return func(name string) error { return client.CheckResource("resource-name", kind, name) }
	}
	for _, c := range []struct {
		what  string
		check func(string) error
		name  string
		hint  string // "" if the name is accepted
	}{
		{"project", client.CheckProject, "Fabrikam Fiber", ""},
		{"project", client.CheckProject, "Größe & Maß (alt) 2.0", ""},
		{"project", client.CheckProject, "eb6e4656-77fc-42a1-9181-4c6d8e9da5d1", ""},
		{"project", client.CheckProject, "Fabrikam%20Fiber", "write Fabrikam Fiber"},
		{"project", client.CheckProject, "Fabrikam%2FFiber", "cannot contain any of"},
		{"project", client.CheckProject, "100%", "cannot contain any of"},
		{"project", client.CheckProject, "Fabrikam/Fiber", "cannot contain any of"},
		{"project", client.CheckProject, "Fabrikam:Fiber", "cannot contain any of"},
		{"project", client.CheckProject, "https://dev.azure.com/fabrikam/Fabrikam", "it is a URL"},
		{"project", client.CheckProject, "_Fabrikam", "begin with _"},
		{"project", client.CheckProject, "Fabrikam.", "dot"},
		{"project", client.CheckProject, strings.Repeat("x", 65), "more than 64"},
		{"project", client.CheckProject, "..", "name or an id"},
		{"pipelines", client.CheckPipeline, `\release\deploy-web`, ""},
		{"pipelines", client.CheckPipeline, "build & test (#1) [x]", ""},
		{"pipelines", client.CheckPipeline, "release/deploy-web", `write a pipeline's folders with backslashes: \release\deploy-web`},
		{"pipelines", client.CheckPipeline, "deploy%20web", "write deploy web"},
		{"pipelines", client.CheckPipeline, "deploy:web", "cannot contain any of"},
		{"pipelines", client.CheckPipeline, "100% sure", ""},
		{"resource-name", resource(client.Environment), "production (eu)", ""},
		{"resource-name", resource(client.Environment), "production%20eu", "write production eu"},
		{"resource-name", resource(client.Environment), "production/eu", "cannot contain any of"},
		{"resource-name", resource(client.Environment), "prod-*", "glob"},
		{"resource-name", resource(client.Endpoint), "Azure: prod/eu", ""},
		{"resource-name", resource(client.Endpoint), "Azure%20prod", "write Azure prod"},
		{"resource-name", resource(client.VariableGroup), "team/app", ""},
	} {
		err := c.check(c.name)
		if c.hint == "" && err != nil || c.hint != "" && (err == nil || fault.From(err).Input != c.what || !strings.Contains(strings.Join(fault.From(err).Advice(), " "), c.hint)) {
			t.Errorf("%s %q: %v, hints %q", c.what, c.name, err, fault.From(err).Advice())
		}
	}
}
