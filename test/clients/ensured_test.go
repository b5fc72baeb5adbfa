package clients

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelinepermissions"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelineschecks"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/serviceendpoint"
)

// ensurePolicy is applied by azstep, and read by Microsoft's clients.
const ensurePolicy = `version: 1
resources:
  - {type: environment, name: production, pipelines: [deploy-web, 16], exclusive: true}
  - {type: environment, name: test, open-access: forbidden, pipelines: [6]}
  - {type: variablegroup, name: unused, open-access: required}
`

// ensure runs the built program.
func (w *world) ensure(policy string) {
	w.t.Helper()
	dir := w.t.TempDir()
	program := filepath.Join(dir, "azstep")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
	path := filepath.Join(dir, "policy.yml")
	if err := os.WriteFile(path, []byte(policy), 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(program, "ensure-permissions")
	cmd.Dir = dir
	cmd.Env = []string{
		"AZSTEP_ORGANIZATION=" + w.organization(), "AZSTEP_PROJECT=" + project, "AZSTEP_POLICY=policy.yml", "AZSTEP_CA_FILE=" + w.caFile(),
		"AZSTEP_CREDENTIAL=" + w.pat("vso.build vso.environment_manage vso.variablegroups_read vso.pipelineresources_manage"),
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("%v: %s", err, said)
	}
}

// TestGoReadsWhatWasEnsured lets the Go client read what azstep wrote.
func TestGoReadsWhatWasEnsured(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.ensure(ensurePolicy)
	c := client(w, w.connect("vso.build"), pipelinepermissions.NewClient)
	for _, one := range []struct {
		kind, id string
		want     usable
	}{
		{environment, production, usable{Resource: "environment 1", Pipelines: []int{15, 16}}},
		{environment, "3", usable{Resource: "environment 3", Pipelines: []int{6}}},
		{"variablegroup", "3", usable{Resource: "variablegroup 3", All: true}},
		{environment, "2", usable{Resource: "environment 2", Pipelines: []int{15}}},
	} {
		permissions := got[*pipelinepermissions.ResourcePipelinePermissions](t)(c.GetPipelinePermissionsForResource(t.Context(),
			pipelinepermissions.GetPipelinePermissionsForResourceArgs{Project: ref(project), ResourceType: &one.kind, ResourceId: &one.id}))
		same(t, one.kind+" "+one.id, usableBy(*permissions), one.want)
	}
}

// TestGoChecks lets the Go client create checks, and query those of several
// resources at the same time.
func TestGoChecks(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.build vso.pipelineresources_manage"), pipelineschecks.NewClient)
	if err := w.AddChecks("fabrikam", project, emulator.Guard{Type: environment, ID: production, Approvers: []string{"Ada"}}); err != nil {
		t.Fatal(err)
	}
	lock := uuid.MustParse("2ef31ad6-baa0-403a-8b45-2cbc9b4e5563")
	wish := pipelineschecks.CheckConfiguration{
		Type:     &pipelineschecks.CheckType{Id: &lock, Name: ref("ExclusiveLock")},
		Resource: &pipelineschecks.Resource{Type: ref(environment), Id: ref("2")},
	}
	added, err := c.AddCheckConfiguration(t.Context(), pipelineschecks.AddCheckConfigurationArgs{Project: ref(project), Configuration: &wish})
	if err != nil || added == nil {
		t.Fatal(added, err)
	}
	resources := []pipelineschecks.Resource{{Type: ref(environment), Id: ref(production)}, {Type: ref(environment), Id: ref("2")}, {Type: ref(environment), Id: ref("3")}}
	all, err := c.QueryCheckConfigurationsOnResources(t.Context(), pipelineschecks.QueryCheckConfigurationsOnResourcesArgs{Project: ref(project), Resources: &resources})
	if err != nil || all == nil || len(*all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
}

// TestGoSchemes lets the Go client list how service connections authenticate.
func TestGoSchemes(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.serviceendpoint"), serviceendpoint.NewClient)
	all := got[*[]serviceendpoint.ServiceEndpoint](t)(c.GetServiceEndpoints(t.Context(), serviceendpoint.GetServiceEndpointsArgs{Project: ref(project)}))
	schemes := map[string]string{}
	for _, one := range *all {
		schemes[*one.Name] = *one.Authorization.Scheme
	}
	same(t, "schemes", schemes, map[string]string{"deploy": "WorkloadIdentityFederation", "registry": "UsernamePassword", "unused": "Token", "elsewhere": "WorkloadIdentityFederation"})
}
