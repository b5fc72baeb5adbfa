package steps_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// told returns the violations in a report, in order.
func told(all []entry) []string {
	var texts []string
	for _, e := range all {
		texts = append(texts, e.Violations...)
	}
	return texts
}

// names returns the names of a report's resources, in order.
func names(all []entry) []string {
	var texts []string
	for _, e := range all {
		texts = append(texts, e.Project+" "+e.Type+" "+e.ID+" "+e.Name)
	}
	return texts
}

func policyOf(rules ...string) string {
	return "version: 1\nresources:\n  - " + strings.Join(rules, "\n  - ") + "\n"
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for name, c := range map[string]struct {
		project string
		rules   []string
		want    []string
	}{
		"it holds": {"Fabrikam", []string{
			`{type: environment, name: production, pipelines: [\release\deploy-web, smoke], exclusive: true}`,
			`{type: environment, name: test, open-access: required, pipelines: [build]}`,
			`{type: endpoint, id: ` + unusedID + `, exclusive: true}`,
		}, nil},
		"missing, too many, open": {"Fabrikam", []string{
			`{type: environment, name: "production*", pipelines: [deploy-web, 42], exclusive: true}`,
			`{type: environment, name: production, pipelines: [15], exclusive: true}`,
			`{type: queue, name: "*"}`,
		}, []string{
			`rule 2 (line 4): environment "production" (1) in Fabrikam: pipeline 42 (smoke) is authorized, but the rule does not list it`,
			`rule 1 (line 3): environment "production-eu" (2) in Fabrikam: pipeline 42 is not authorized`,
			`rule 3 (line 5): queue "Azure Pipelines" (2) in Fabrikam: open access lets every pipeline use it`,
		}},
		"open access": {"Fabrikam", []string{
			`{type: variablegroup, name: shared settings, open-access: allowed, pipelines: [deploy-web]}`,
			`{type: variablegroup, name: production secrets, open-access: required}`,
			`{type: queue, name: Azure Pipelines, open-access: allowed, exclusive: true}`,
		}, []string{
			`rule 2 (line 4): variablegroup "production secrets" (2) in Fabrikam: it does not have open access`,
			`rule 3 (line 5): queue "Azure Pipelines" (2) in Fabrikam: open access lets every pipeline use it, but the rule allows only those that it lists`,
		}},
		"rules about nothing": {"Fabrikam, Contoso", []string{
			`{type: environment, name: nowhere}`,
			`{type: environment, name: "x*", project: Contoso}`,
			`{type: queue, id: 99}`,
			`{type: repository, id: ` + unusedID + `.` + templates + `}`,
			`{type: environment, name: test}`,
		}, []string{
			`rule 5 (line 7): environment "test" (3) in Fabrikam: open access lets every pipeline use it`,
			`rule 1 (line 3): no environment in Fabrikam, Contoso is named "nowhere"`,
			`rule 2 (line 4): no environment in Contoso has a name that matches "x*"`,
			`rule 3 (line 5): no queue in Fabrikam, Contoso has the id 99`,
			`rule 4 (line 6): no repository in Fabrikam, Contoso has the id ` + unusedID + `.` + templates,
		}},
		"a pipeline that another project has": {"Fabrikam, Contoso", []string{
			`{type: environment, name: production, pipelines: [smoke]}`,
		}, []string{
			`rule 1 (line 3): environment "production" (11) in Contoso: its project has no pipeline "smoke"`,
		}},
		"one project in two ways": {"Fabrikam," + fabrikam, []string{
			`{type: queue, name: Default, project: ` + strings.ToUpper(fabrikam) + `}`,
			`{type: queue, name: default}`,
		}, nil},
		"a project of the rule's own": {"Fabrikam", []string{
			`{type: securefile, name: "contoso.*", project: contoso}`,
		}, nil},
		"a repository of another project": {"Fabrikam", []string{
			`{type: repository, id: ` + contoso + `.0fab0000-0000-4000-8000-000000000601, pipelines: [6]}`,
			`{type: repository, id: ` + templates + `, pipelines: [build]}`,
			`{type: repository, id: ` + fabrikam + `.` + templates + `, pipelines: [16]}`,
		}, []string{
			`rule 1 (line 3): repository "contoso" (` + contoso + `.0fab0000-0000-4000-8000-000000000601) in Fabrikam: pipeline 6 is not authorized`,
			`rule 3 (line 5): repository "templates" (` + fabrikam + `.` + templates + `) in Fabrikam: pipeline 16 is not authorized`,
		}},
		"every project": {"*", []string{
			`{type: environment, name: "prod*", pipelines: [15, 102]}`,
			`{type: queue, name: default, open-access: allowed}`,
		}, []string{
			`rule 1 (line 3): environment "production" (1) in Fabrikam: pipeline 102 is not authorized`,
			`rule 1 (line 3): environment "production-eu" (2) in Fabrikam: pipeline 102 is not authorized`,
			`rule 1 (line 3): environment "production" (11) in Contoso: pipeline 15 is not authorized`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, new(run), map[string]string{"policy": policyOf(c.rules...), "project": c.project})
			all := r.report(t)
			if diff := cmp.Diff(c.want, told(all)); diff != "" {
				t.Error(r.err, diff)
			}
			code := fault.Code("")
			if len(c.want) > 0 {
				code = fault.PolicyViolation
			}
			if r.code() != code || r.outputs["error"] != string(code) || r.outputs["authorized"] != map[bool]string{true: "true", false: "false"}[code == ""] {
				t.Errorf("%v, outputs %v", r.err, r.outputs)
			}
			asked := map[string]bool{}
			for _, path := range r.paths() {
				if asked[path] && strings.Contains(path, "pipelinepermissions") {
					t.Errorf("requested twice: %s", path)
				}
				asked[path] = true
			}
			if got := len(slices.Compact(slices.Sorted(slices.Values(names(all))))); got != len(all) {
				t.Errorf("%d of %d resources differ", got, len(all))
			}
		})
	}
}

// If something in a policy cannot be found, or is ambiguous, the run fails.
func TestPolicyThatCannotBeResolved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for name, c := range map[string]struct {
		project, rule string
		code          fault.Code
		permissions   bool // permissions were requested
	}{
		"pipeline":            {"Fabrikam,Contoso", `{type: environment, name: production, pipelines: [nowhere]}`, fault.PipelineNotFound, false},
		"ambiguous pipeline":  {"Fabrikam", `{type: environment, name: production, pipelines: [nightly]}`, fault.AmbiguousName, false},
		"ambiguous resource":  {"Contoso", `{type: variablegroup, name: twins}`, fault.AmbiguousName, false},
		"two by a glob":       {"Contoso", `{type: variablegroup, name: "twin?"}`, "", true},
		"project":             {"Nowhere", `{type: variablegroup, name: twins}`, fault.ProjectNotFound, false},
		"project of the rule": {"Fabrikam", `{type: variablegroup, name: twins, project: Nowhere}`, fault.ProjectNotFound, false},
		"project by id":       {"Fabrikam", `{type: variablegroup, name: twins, project: ` + unusedID + `}`, fault.ProjectNotFound, false},
		"pipeline of a rule that is about nothing": {"Fabrikam", `{type: environment, name: nix, pipelines: [nowhere]}`, fault.PolicyViolation, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, new(run), map[string]string{"policy": policyOf(c.rule), "project": c.project})
			asked := slices.ContainsFunc(r.paths(), func(path string) bool { return strings.Contains(path, "pipelinepermissions") })
			if r.code() != c.code || asked != c.permissions {
				t.Errorf("%v after %q", r.err, r.paths())
			}
		})
	}
}

func TestEveryResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for name, c := range map[string]struct {
		inputs                           map[string]string
		code                             fault.Code
		authorized, all, byName, missing string
		count, requests                  int
	}{
		"reported":            {map[string]string{"resource-type": "environment"}, "", "false", "false", "[15,42,99]", "[]", 4, 6},
		"none of the type":    {map[string]string{"resource-type": "environment", "project": "Fabrikam Fiber"}, "", "false", "false", "[]", "[]", 0, 1},
		"none, and a list":    {map[string]string{"resource-type": "environment", "project": "Fabrikam Fiber", "pipelines": "6"}, "", "false", "false", "[]", "[]", 0, 1},
		"all of them open":    {map[string]string{"resource-type": "queue", "project": "Contoso"}, "", "true", "true", "[]", "[]", 1, 2},
		"with a list":         {map[string]string{"resource-type": "queue", "pipelines": "build,15,16"}, fault.NotAuthorized, "false", "false", "[6,15]", `["16"]`, 2, 4},
		"that all may":        {map[string]string{"resource-type": "queue", "pipelines": "build,15"}, "", "true", "false", "[6,15]", "[]", 2, 4},
		"only reported":       {map[string]string{"resource-type": "queue", "pipelines": "16", "fail-on-unauthorized": "false"}, "", "false", "false", "[6,15]", `["16"]`, 2, 4},
		"of every project":    {map[string]string{"resource-type": "repository", "project": "*"}, "", "false", "false", "[6,15,101,102]", "[]", 3, 9},
		"of several projects": {map[string]string{"resource-type": "securefile", "project": "Contoso\nfabrikam"}, "", "false", "false", "[15]", "[]", 3, 6},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]string{"resource-name": "*"}
			for k, v := range c.inputs {
				inputs[k] = v
			}
			r := w.check(t, new(run), inputs)
			if r.code() != c.code || len(r.requests) != c.requests {
				t.Errorf("%v after %q", r.err, r.paths())
			}
			got := []string{r.outputs["authorized"], r.outputs["all-pipelines"], r.outputs["authorized-pipelines"], r.outputs["missing-pipelines"]}
			if diff := cmp.Diff([]string{c.authorized, c.all, c.byName, c.missing}, got); diff != "" {
				t.Error(diff)
			}
			if all := r.report(t); len(all) != c.count {
				t.Errorf("report %+v", all)
			}
		})
	}
}

// The names of pipelines are looked up once, and only if there is a pipeline to
// name.
func TestPipelineNamesAreReadLazily(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	w.SetQuirks(emulator.Quirks{PageSize: 2})
	r := w.check(t, new(run), map[string]string{"policy": policyOf(`{type: endpoint, name: unused}`)})
	if want := []string{"Fabrikam/_apis/serviceendpoint/endpoints", "Fabrikam/_apis/pipelines/pipelinepermissions/endpoint/" + unusedID}; r.err != nil || !slices.Equal(r.paths(), want) {
		t.Errorf("%v after %q", r.err, r.paths())
	}
	r = w.check(t, new(run), map[string]string{"policy": policyOf(`{type: environment, name: "prod*"}`, `{type: queue, name: Default}`)})
	pages := 0
	for _, path := range r.paths() {
		if path == "Fabrikam/_apis/build/definitions" {
			pages++
		}
	}
	if pages != 3 || r.report(t)[0].Pipelines[0].Name != `\release\deploy-web` {
		t.Errorf("%d pages of pipelines in %q", pages, r.paths())
	}
}

// A resource that is deleted after it was listed is left out. If the resource still
// exists, and the permission API does not know it, the run fails.
func TestResourceThatIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		deleted bool
		code    fault.Code
	}{"deleted": {true, ""}, "not deleted": {false, fault.ResourceNotFound}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, emulator.Options{})
			faults := []emulator.Fault{{Path: "*/pipelinepermissions/environment/2", Kind: emulator.Status, Status: 404, Body: `{"message":"gone"}`}}
			if c.deleted {
				faults = append(faults, emulator.Fault{Path: "*/environments/2", Kind: emulator.Status, Status: 404, Body: `{"message":"gone"}`})
			}
			if err := w.AddFault(faults...); err != nil {
				t.Fatal(err)
			}
			r := w.check(t, new(run), map[string]string{"resource-type": "environment", "resource-name": "*"})
			said := slices.ContainsFunc(r.log, func(line string) bool { return strings.Contains(line, `"production-eu" (2) in Fabrikam was deleted`) })
			if r.code() != c.code || said != c.deleted || c.deleted && len(r.report(t)) != 3 {
				t.Errorf("%v, %q", r.err, r.log)
			}
		})
	}
}

// If a check cannot be completed, there is no result.
func TestOneFailureEndsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	if err := w.AddFault(emulator.Fault{Path: "*/pipelinepermissions/environment/2", Kind: emulator.Status, Status: 403, Body: `{"message":"no"}`}); err != nil {
		t.Fatal(err)
	}
	r := w.check(t, new(run), map[string]string{"resource-type": "environment", "resource-name": "*", "report-file": "r.json"})
	if r.code() != fault.PermissionDenied || len(r.results) != 0 {
		t.Errorf("%v, %d results", r.err, len(r.results))
	}
	if file := r.files.written["r.json"]; strings.HasSuffix(file.String(), "]\n") {
		t.Errorf("the report looks complete: %s", file)
	}
}
