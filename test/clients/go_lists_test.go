package clients

import (
	"testing"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/build"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/git"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelines"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/serviceendpoint"
)

func TestGoBuildDefinitions(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.build"), build.NewClient)
	type definition struct {
		ID         int
		Name, Path string
	}
	list := got[*build.GetDefinitionsResponseValue](t)(c.GetDefinitions(t.Context(), build.GetDefinitionsArgs{Project: ref(project), Name: ref("nightly")}))
	same(t, "definitions", each(list.Value, func(d build.BuildDefinitionReference) definition {
		return definition{*d.Id, *d.Name, *d.Path}
	}), []definition{{11, "nightly", `\tests`}, {12, "nightly", `\tests\slow`}})

	one := got[*build.BuildDefinition](t)(c.GetDefinition(t.Context(), build.GetDefinitionArgs{Project: ref(project), DefinitionId: ref(42)}))
	same(t, "definition", *one.Name, "smoke")
	_, err := c.GetDefinition(t.Context(), build.GetDefinitionArgs{Project: ref(project), DefinitionId: ref(4242)})
	refused(t, err, 404, "DefinitionNotFoundException")
}

func TestGoPipelines(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := pipelines.NewClient(t.Context(), w.connect("vso.build"))
	list, err := c.ListPipelines(t.Context(), pipelines.ListPipelinesArgs{Project: ref("Contoso")})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "pipelines", each(*list, func(p pipelines.Pipeline) string { return *p.Name }), []string{"build", "deploy"})
	one := got[*pipelines.Pipeline](t)(c.GetPipeline(t.Context(), pipelines.GetPipelineArgs{Project: ref("Contoso"), PipelineId: ref(102)}))
	same(t, "pipeline", *one.Name, "deploy")
}

func TestGoServiceEndpoints(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.serviceendpoint"), serviceendpoint.NewClient)
	name := func(e serviceendpoint.ServiceEndpoint) string { return *e.Name }
	all := got[*[]serviceendpoint.ServiceEndpoint](t)(c.GetServiceEndpoints(t.Context(), serviceendpoint.GetServiceEndpointsArgs{Project: ref(project)}))
	same(t, "endpoints", each(*all, name), []string{"deploy", "registry", "unused", "elsewhere"})
	named := got[*[]serviceendpoint.ServiceEndpoint](t)(c.GetServiceEndpointsByNames(t.Context(),
		serviceendpoint.GetServiceEndpointsByNamesArgs{Project: ref(project), EndpointNames: &[]string{"registry", "nothing"}}))
	same(t, "by name", each(*named, name), []string{"registry"})
	one := got[*serviceendpoint.ServiceEndpoint](t)(c.GetServiceEndpointDetails(t.Context(),
		serviceendpoint.GetServiceEndpointDetailsArgs{Project: ref(project), EndpointId: (*named)[0].Id}))
	same(t, "type", *one.Type, "dockerregistry")

	none := got[*serviceendpoint.ServiceEndpoint](t)(c.GetServiceEndpointDetails(t.Context(),
		serviceendpoint.GetServiceEndpointDetailsArgs{Project: ref(project), EndpointId: ref(uuid.New())}))
	if none.Id != nil {
		t.Errorf("an unknown endpoint has the id %s", none.Id)
	}
}

func TestGoRepositories(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.code"), git.NewClient)
	name := func(r git.GitRepository) string { return *r.Name }
	inProject := got[*[]git.GitRepository](t)(c.GetRepositories(t.Context(), git.GetRepositoriesArgs{Project: ref(project)}))
	same(t, "of a project", each(*inProject, name), []string{"shop", "templates"})
	everywhere := got[*[]git.GitRepository](t)(c.GetRepositories(t.Context(), git.GetRepositoriesArgs{}))
	same(t, "of every project", each(*everywhere, name), []string{"shop", "templates", "contoso"})

	byName := got[*git.GitRepository](t)(c.GetRepository(t.Context(), git.GetRepositoryArgs{Project: ref(project), RepositoryId: ref("templates")}))
	byID := got[*git.GitRepository](t)(c.GetRepository(t.Context(), git.GetRepositoryArgs{RepositoryId: ref(byName.Id.String())}))
	same(t, "by id", *byID.Name, "templates")
	_, err := c.GetRepository(t.Context(), git.GetRepositoryArgs{Project: ref(project), RepositoryId: ref("nothing")})
	refused(t, err, 404, "GitRepositoryNotFoundException")
}
