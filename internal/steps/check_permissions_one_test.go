package steps_test

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// Each case is one run over a single resource of the emulator's seed.
func TestOneResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	const permissions = "Fabrikam/_apis/pipelines/pipelinepermissions/"
	for name, c := range map[string]struct {
		inputs                           map[string]string
		code                             fault.Code
		authorized, all, byName, missing string
		resource                         string // id and name in the report
		requests                         []string
	}{
		"somebody is authorized: one request": {map[string]string{"resource-type": "environment", "resource-id": "1"}, "",
			"false", "false", "[15,42]", "[]", "1 ", []string{permissions + "environment/1"}},
		"all that are listed": {map[string]string{"resource-type": "Environment", "resource-id": "01", "pipelines": "15,42"}, "",
			"true", "false", "[15,42]", "[]", "1 ", []string{permissions + "environment/1"}},
		"some of those listed": {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "15\n6\n777"}, fault.NotAuthorized,
			"false", "false", "[15,42]", `["6","777"]`, "1 ", []string{permissions + "environment/1"}},
		"only reported": {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "6", "fail-on-unauthorized": "false"}, "",
			"false", "false", "[15,42]", `["6"]`, "1 ", []string{permissions + "environment/1"}},
		"open access outranks the list": {map[string]string{"resource-type": "variablegroup", "resource-id": "1", "pipelines": "15,6"}, "",
			"true", "true", "[6]", "[]", "1 ", []string{permissions + "variablegroup/1"}},
		"open access to an empty list": {map[string]string{"resource-type": "queue", "resource-id": "2"}, "",
			"true", "true", "[]", "[]", "2 ", []string{permissions + "queue/2"}},
		"nobody is authorized: two requests": {map[string]string{"resource-type": "endpoint", "resource-id": unusedID, "pipelines": "6"}, fault.NotAuthorized,
			"false", "false", "[]", `["6"]`, unusedID + " unused", []string{permissions + "endpoint/" + unusedID, "Fabrikam/_apis/serviceendpoint/endpoints"}},
		"by name": {map[string]string{"resource-type": "environment", "resource-name": "PRODUCTION"}, "",
			"false", "false", "[15,42]", "[]", "1 production", []string{"Fabrikam/_apis/distributedtask/environments", permissions + "environment/1"}},
		"nobody, by name: known to exist": {map[string]string{"resource-type": "securefile", "resource-name": "unused.key"}, "",
			"false", "false", "[]", "[]", "0fab0000-0000-4000-8000-000000000402 unused.key",
			[]string{"Fabrikam/_apis/distributedtask/securefiles", permissions + "securefile/0fab0000-0000-4000-8000-000000000402"}},
		"pipelines by name": {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": `Smoke, \release\deploy-web, release\deploy-db`}, fault.NotAuthorized,
			"false", "false", "[15,42]", `["release\\deploy-db"]`, "1 ", []string{"Fabrikam/_apis/build/definitions", permissions + "environment/1"}},
		"one of a name, by its folder": {map[string]string{"resource-type": "queue", "resource-id": "1", "pipelines": `\tests\slow\nightly`}, fault.NotAuthorized,
			"false", "false", "[6,15]", `["\\tests\\slow\\nightly"]`, "1 ", []string{"Fabrikam/_apis/build/definitions", permissions + "queue/1"}},
		"repository by name": {map[string]string{"resource-type": "repository", "resource-name": "Templates", "pipelines": "15"}, "",
			"true", "false", "[6,15]", "[]", fabrikam + "." + templates + " templates",
			[]string{"Fabrikam/_apis/git/repositories/Templates", permissions + "repository/" + fabrikam + "." + templates}},
		"repository by name as its id": {map[string]string{"resource-type": "repository", "resource-id": "templates"}, "",
			"false", "false", "[6,15]", "[]", fabrikam + "." + templates + " templates",
			[]string{"Fabrikam/_apis/git/repositories/templates", permissions + "repository/" + fabrikam + "." + templates}},
		"repository by id": {map[string]string{"resource-type": "repository", "resource-id": templates}, "",
			"false", "false", "[6,15]", "[]", fabrikam + "." + templates + " templates",
			[]string{"Fabrikam/_apis/git/repositories/" + templates, permissions + "repository/" + fabrikam + "." + templates}},
		"repository and project by id: no look-up": {map[string]string{"resource-type": "repository", "resource-id": strings.ToUpper(templates), "project": strings.ToUpper(fabrikam)}, "",
			"false", "false", "[6,15]", "[]", fabrikam + "." + templates + " ",
			[]string{strings.ToUpper(fabrikam) + "/_apis/pipelines/pipelinepermissions/repository/" + fabrikam + "." + templates}},
		"repository with its project": {map[string]string{"resource-type": "repository", "resource-id": fabrikam + "." + templates}, "",
			"false", "false", "[6,15]", "[]", fabrikam + "." + templates + " ",
			[]string{permissions + "repository/" + fabrikam + "." + templates}},
		"repository of another project": {map[string]string{"resource-type": "repository", "resource-id": contoso + ".0fab0000-0000-4000-8000-000000000601"}, "",
			"false", "false", "[]", "[]", contoso + ".0fab0000-0000-4000-8000-000000000601 contoso",
			[]string{permissions + "repository/" + contoso + ".0fab0000-0000-4000-8000-000000000601", contoso + "/_apis/git/repositories/0fab0000-0000-4000-8000-000000000601"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, new(run), c.inputs)
			if r.code() != c.code {
				t.Fatalf("%v, want %q", r.err, c.code)
			}
			got := []string{r.outputs["authorized"], r.outputs["all-pipelines"], r.outputs["authorized-pipelines"], r.outputs["missing-pipelines"], r.outputs["error"], r.outputs["truncated"]}
			want := []string{c.authorized, c.all, c.byName, c.missing, string(c.code), "false"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.requests, r.paths()); diff != "" {
				t.Error(diff)
			}
			all := r.report(t)
			if len(all) != 1 || all[0].ID+" "+all[0].Name != c.resource || all[0].Type != strings.ToLower(c.inputs["resource-type"]) || all[0].Project != "" {
				t.Errorf("report %+v", all)
			}
			if code := fault.From(r.err); code != nil && code.ExitCode() != 3 {
				t.Errorf("exit code %d", code.ExitCode())
			}
			if w := r.warnings(); len(w) > 0 {
				t.Errorf("%q: this is already in the error line", w)
			}
		})
	}
}

// A resource or pipeline that does not exist, or is ambiguous, is an error with exit
// code 1, and no result is delivered.
func TestOneResourceThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for name, c := range map[string]struct {
		inputs   map[string]string
		code     fault.Code
		requests int
	}{
		"endpoint":                   {map[string]string{"resource-type": "endpoint", "resource-id": templates}, fault.ResourceNotFound, 2},
		"queue":                      {map[string]string{"resource-type": "queue", "resource-id": "1002"}, fault.ResourceNotFound, 2}, // the id of its pool
		"variable group":             {map[string]string{"resource-type": "variablegroup", "resource-id": "77", "pipelines": "6"}, fault.ResourceNotFound, 2},
		"environment":                {map[string]string{"resource-type": "environment", "resource-id": "77"}, fault.ResourceNotFound, 2},
		"secure file":                {map[string]string{"resource-type": "securefile", "resource-id": templates}, fault.ResourceNotFound, 2},
		"repository":                 {map[string]string{"resource-type": "repository", "resource-id": unusedID}, fault.ResourceNotFound, 1},
		"repository by name":         {map[string]string{"resource-type": "repository", "resource-name": "nowhere"}, fault.ResourceNotFound, 1},
		"repository and project":     {map[string]string{"resource-type": "repository", "resource-id": fabrikam + "." + unusedID}, fault.ResourceNotFound, 2},
		"repository of no project":   {map[string]string{"resource-type": "repository", "resource-id": unusedID + "." + unusedID}, fault.ResourceNotFound, 2},
		"name":                       {map[string]string{"resource-type": "environment", "resource-name": "prod"}, fault.ResourceNotFound, 1},
		"name with a star in it":     {map[string]string{"resource-type": "variablegroup", "resource-name": "prod*"}, fault.ResourceNotFound, 1},
		"two of the name":            {map[string]string{"resource-type": "variablegroup", "resource-name": "twins", "project": "Contoso"}, fault.AmbiguousName, 1},
		"project":                    {map[string]string{"resource-type": "environment", "resource-id": "1", "project": "Nowhere"}, fault.ProjectNotFound, 1},
		"pipeline":                   {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "deploy"}, fault.PipelineNotFound, 1},
		"pipeline in another folder": {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": `\smoke,\tests\smoke`}, fault.PipelineNotFound, 1},
		"two pipelines of the name":  {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "nightly"}, fault.AmbiguousName, 1},
		"even with open access":      {map[string]string{"resource-type": "environment", "resource-id": "3", "pipelines": "deploy"}, fault.PipelineNotFound, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, new(run), c.inputs)
			if r.code() != c.code || fault.From(r.err).ExitCode() != 1 || len(r.requests) != c.requests || len(r.results) != 0 {
				t.Errorf("%v (%s), %d results after %q", r.err, r.code(), len(r.results), r.paths())
			}
		})
	}
}

// If the service answers 404 for a missing resource, no second request is made.
func TestOneResourceUnknownToTheService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.SetQuirks(emulator.Quirks{UnknownResourceIs404: true})
	r := w.check(t, new(run), map[string]string{"resource-type": "environment", "resource-id": "77"})
	if r.code() != fault.ResourceNotFound || len(r.requests) != 1 {
		t.Errorf("%v after %q", r.err, r.paths())
	}
}

// On Azure Pipelines, the running pipeline is the default if the run checks a single
// resource.
func TestRunningPipeline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	agent := map[string]string{"SYSTEM_DEFINITIONID": "6"}
	for name, c := range map[string]struct {
		inputs  map[string]string
		missing string
		code    fault.Code
	}{
		"one resource":       {map[string]string{"resource-type": "environment", "resource-id": "1"}, `["6"]`, fault.NotAuthorized},
		"pipelines given":    {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "15"}, "[]", ""},
		"every resource":     {map[string]string{"resource-type": "environment", "resource-name": "*"}, "[]", ""},
		"policy":             {map[string]string{"policy": "version: 1\nresources: [{type: queue, name: Default}]"}, "[]", ""},
		"macro not expanded": {map[string]string{"resource-type": "environment", "resource-id": "1", "pipelines": "$(Pipelines)"}, `["6"]`, fault.NotAuthorized},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, &run{azure: agent}, c.inputs)
			if r.code() != c.code || r.outputs["missing-pipelines"] != c.missing {
				t.Errorf("%v: %v", r.err, r.outputs)
			}
		})
	}
}

func TestOneResourceInWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	r := w.check(t, new(run), map[string]string{"resource-type": "environment", "resource-name": "production", "pipelines": "15,6,smoke"})
	if want := `environment "production" (1): not authorized: 6`; r.err == nil || r.err.Error() != want {
		t.Errorf("error %v", r.err)
	}
	s := r.results[0].Summary
	if diff := cmp.Diff([]string{
		`environment "production" (1): 2 pipelines authorized by name; 1 pipeline not authorized.`,
		`environment "production" (1): pipeline 6 is not authorized`,
	}, append(s.Lead, s.Problems...)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]string{
		{"environment production", "no", "pipeline 15", "Jamal Hartnett", "2020-01-02"},
		{"environment production", "no", "smoke", "Jamal Hartnett", "2020-01-02"},
	}, s.Rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Resource", "Open access", "Pipeline", "Authorized by", "On"}, s.Head); diff != "" {
		t.Error(diff)
	}
}
