package clients

import (
	"testing"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelinepermissions"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelineschecks"
)

const (
	environment = "environment"
	abandoned   = "4" // an environment that a deleted pipeline may use
	production  = "1"
)

// usable returns which pipelines may use a resource, according to the Go client.
type usable struct {
	Resource  string
	All       bool
	Pipelines []int
}

func usableBy(p pipelinepermissions.ResourcePipelinePermissions) usable {
	u := usable{Resource: *p.Resource.Type + " " + *p.Resource.Id, All: p.AllPipelines != nil && *p.AllPipelines.Authorized}
	for _, one := range *p.Pipelines {
		if *one.Authorized {
			u.Pipelines = append(u.Pipelines, *one.Id)
		}
	}
	return u
}

func TestGoPipelinePermissions(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.build"), pipelinepermissions.NewClient)
	for id, want := range map[string]usable{
		production: {Resource: "environment 1", Pipelines: []int{15, 42}},
		"3":        {Resource: "environment 3", All: true},
		abandoned:  {Resource: "environment 4", Pipelines: []int{99}},
	} {
		permissions := got[*pipelinepermissions.ResourcePipelinePermissions](t)(c.GetPipelinePermissionsForResource(t.Context(),
			pipelinepermissions.GetPipelinePermissionsForResourceArgs{Project: ref(project), ResourceType: ref(environment), ResourceId: ref(id)}))
		same(t, "environment "+id, usableBy(*permissions), want)
	}
}

func TestGoPatchOnePermission(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.pipelineresources_manage"), pipelinepermissions.NewClient)
	permissions := got[*pipelinepermissions.ResourcePipelinePermissions](t)(c.UpdatePipelinePermisionsForResource(t.Context(),
		pipelinepermissions.UpdatePipelinePermisionsForResourceArgs{
			Project: ref(project), ResourceType: ref(environment), ResourceId: ref(production),
			ResourceAuthorization: &pipelinepermissions.ResourcePipelinePermissions{
				AllPipelines: &pipelinepermissions.Permission{Authorized: ref(true)},
				Pipelines:    &[]pipelinepermissions.PipelinePermission{{Id: ref(6), Authorized: ref(true)}, {Id: ref(42), Authorized: ref(false)}},
			},
		}))
	same(t, "permissions", usableBy(*permissions), usable{Resource: "environment 1", All: true, Pipelines: []int{6, 15}})
	same(t, "by", *permissions.AllPipelines.AuthorizedBy.UniqueName, jamal)
}

func TestGoPatchManyPermissions(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.pipelineresources_manage"), pipelinepermissions.NewClient)
	wish := func(kind, id string, pipeline int) pipelinepermissions.ResourcePipelinePermissions {
		return pipelinepermissions.ResourcePipelinePermissions{
			Resource:  &pipelineschecks.Resource{Type: &kind, Id: &id},
			Pipelines: &[]pipelinepermissions.PipelinePermission{{Id: &pipeline, Authorized: ref(true)}},
		}
	}
	permissions := got[*[]pipelinepermissions.ResourcePipelinePermissions](t)(c.UpdatePipelinePermisionsForResources(t.Context(),
		pipelinepermissions.UpdatePipelinePermisionsForResourcesArgs{
			Project:                ref(project),
			ResourceAuthorizations: &[]pipelinepermissions.ResourcePipelinePermissions{wish(environment, abandoned, 6), wish("variablegroup", "3", 42)},
		}))
	same(t, "permissions", each(*permissions, usableBy), []usable{
		{Resource: "environment 4", Pipelines: []int{6, 99}}, {Resource: "variablegroup 3", Pipelines: []int{42}},
	})
}
