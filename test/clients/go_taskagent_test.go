package clients

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/taskagent"
)

func TestGoVariableGroups(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.variablegroups_read"), taskagent.NewClient)
	name := func(g taskagent.VariableGroup) string { return *g.Name }
	all := got[*[]taskagent.VariableGroup](t)(c.GetVariableGroups(t.Context(), taskagent.GetVariableGroupsArgs{
		Project: ref(project), QueryOrder: &taskagent.VariableGroupQueryOrderValues.IdAscending,
	}))
	same(t, "groups", each(*all, name), []string{"shared settings", "production secrets", "unused"})
	next := got[*[]taskagent.VariableGroup](t)(c.GetVariableGroups(t.Context(), taskagent.GetVariableGroupsArgs{
		Project: ref(project), QueryOrder: &taskagent.VariableGroupQueryOrderValues.IdAscending, Top: ref(2), ContinuationToken: ref(2),
	}))
	same(t, "next page", each(*next, name), []string{"unused"})
	chosen := got[*[]taskagent.VariableGroup](t)(c.GetVariableGroupsById(t.Context(), taskagent.GetVariableGroupsByIdArgs{
		Project: ref(project), GroupIds: &[]int{1, 3},
	}))
	same(t, "by id", each(*chosen, name), []string{"unused", "shared settings"})
	one := got[*taskagent.VariableGroup](t)(c.GetVariableGroup(t.Context(), taskagent.GetVariableGroupArgs{Project: ref(project), GroupId: ref(2)}))
	same(t, "group", *one.Name, "production secrets")
}

func TestGoEnvironments(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.environment_manage"), taskagent.NewClient)
	name := func(e taskagent.EnvironmentInstance) string { return *e.Name }
	first := got[*taskagent.GetEnvironmentsResponseValue](t)(c.GetEnvironments(t.Context(), taskagent.GetEnvironmentsArgs{Project: ref(project), Top: ref(3)}))
	second := got[*taskagent.GetEnvironmentsResponseValue](t)(c.GetEnvironments(t.Context(), taskagent.GetEnvironmentsArgs{
		Project: ref(project), Top: ref(3), ContinuationToken: &first.ContinuationToken,
	}))
	same(t, "environments", each(append(first.Value, second.Value...), name), []string{"production", "production-eu", "test", "abandoned"})
	one := got[*taskagent.EnvironmentInstance](t)(c.GetEnvironmentById(t.Context(), taskagent.GetEnvironmentByIdArgs{Project: ref(project), EnvironmentId: ref(3)}))
	same(t, "environment", *one.Name, "test")
}

func TestGoQueues(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := client(w, w.connect("vso.agentpools"), taskagent.NewClient)
	name := func(q taskagent.TaskAgentQueue) string { return *q.Name }
	all := got[*[]taskagent.TaskAgentQueue](t)(c.GetAgentQueues(t.Context(), taskagent.GetAgentQueuesArgs{Project: ref(project)}))
	same(t, "queues", each(*all, name), []string{"Default", "Azure Pipelines"})
	byName := got[*[]taskagent.TaskAgentQueue](t)(c.GetAgentQueuesByNames(t.Context(), taskagent.GetAgentQueuesByNamesArgs{
		Project: ref(project), QueueNames: &[]string{"Azure Pipelines"},
	}))
	same(t, "by name", each(*byName, func(q taskagent.TaskAgentQueue) int { return *q.Id }), []int{2})
	byPool := got[*[]taskagent.TaskAgentQueue](t)(c.GetAgentQueuesForPools(t.Context(), taskagent.GetAgentQueuesForPoolsArgs{
		Project: ref(project), PoolIds: &[]int{*(*byName)[0].Pool.Id},
	}))
	same(t, "by pool", each(*byPool, name), []string{"Azure Pipelines"})
	one := got[*taskagent.TaskAgentQueue](t)(c.GetAgentQueue(t.Context(), taskagent.GetAgentQueueArgs{Project: ref(project), QueueId: ref(1)}))
	same(t, "queue", *one.Name, "Default")
}

// The Go client has no method for secure files, but its generic request for all
// resources finds them.
func TestGoSecureFiles(t *testing.T) {
	t.Parallel()
	w := start(t)
	c := w.connect("vso.securefiles_read").GetClientByUrl(w.organization())
	files := uuid.MustParse("adcfd8bc-b184-43ba-bd84-7c8c6a2ff421")
	res, err := c.Send(t.Context(), http.MethodGet, files, "7.1-preview.1", map[string]string{"project": project}, nil, nil, "", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var list struct{ Value []taskagent.SecureFile }
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	same(t, "files", each(list.Value, func(f taskagent.SecureFile) string { return *f.Name }), []string{"signing.p12", "unused.key"})
}
