package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// environmentRoutes are the environments, at the path of distributedTask/7.1 and at
// that of environments/7.2, which needs a weaker scope.
func environmentRoutes() []route {
	newer := getBoth("/{org}/{project}/_apis/pipelines/environments", "vso.build", listEnvironments, getEnvironment)
	for i := range newer {
		newer[i].scopes = []string{"vso.build", "vso.environment_manage"}
	}
	return slices.Concat(newer,
		getBoth("/{org}/{project}/_apis/distributedtask/environments", "vso.environment_manage", listEnvironments, getEnvironment))
}

// environmentWire is EnvironmentInstance.
type environmentWire struct {
	ID             int          `json:"id"`
	Name           string       `json:"name"`
	Description    string       `json:"description"`
	CreatedBy      *identityRef `json:"createdBy"`
	CreatedOn      string       `json:"createdOn"`
	LastModifiedBy *identityRef `json:"lastModifiedBy"`
	LastModifiedOn string       `json:"lastModifiedOn"`
	Project        projectRef   `json:"project"`
}

func (c *call) wireEnvironment(p *project) func(*protected) environmentWire {
	return func(r *protected) environmentWire {
		maker := c.identityRef(c.org.maker())
		return environmentWire{r.number(), r.Name, r.Description, maker, createdOn, maker, createdOn, projectRef{p.ID, p.Name}}
	}
}

// usualEnvironmentPage is the page size without $top, which is not documented.
const usualEnvironmentPage = 100

// listEnvironments treats the parameter name as a prefix. How the service compares
// names is not documented; a prefix match exposes clients that trust the first
// result.
func listEnvironments(c *call, p *project) reply {
	all := p.chosen(typeEnvironment, func(r *protected) bool {
		return strings.HasPrefix(strings.ToLower(r.Name), strings.ToLower(c.query.Get("name")))
	})
	page, next := continued(c, all, usualEnvironmentPage, c.atMost(len(all)))
	return listReply(wired(page, c.wireEnvironment(p)), next)
}

func getEnvironment(c *call, p *project) reply {
	r := p.find(typeEnvironment, c.param("id"))
	if r == nil {
		return c.notFound("Microsoft.Azure.Pipelines.Environments", "EnvironmentNotFoundException",
			"Environment with ID %s does not exist or you do not have permission to view it.", c.param("id"))
	}
	return jsonReply(http.StatusOK, c.wireEnvironment(p)(r))
}

// queueRoutes are the agent queues of distributedTask/7.1. Their list has no pages.
func queueRoutes() []route {
	return getBoth("/{org}/{project}/_apis/distributedtask/queues", "vso.agentpools", listQueues, getQueue)
}

// queueWire is TaskAgentQueue.
type queueWire struct {
	ID        int    `json:"id"`
	ProjectID string `json:"projectId"`
	Name      string `json:"name"`
	Pool      struct {
		ID       int    `json:"id"`
		Name     string `json:"name"`
		IsHosted bool   `json:"isHosted"`
		PoolType string `json:"poolType"`
		Size     int    `json:"size"`
	} `json:"pool"`
}

// poolOf returns the id of a queue's pool. It always differs from the queue's id,
// which exposes clients that confuse them.
func poolOf(r *protected) int { return r.number() + 1000 }

func wireQueue(p *project) func(*protected) queueWire {
	return func(r *protected) queueWire {
		w := queueWire{ID: r.number(), ProjectID: p.ID, Name: r.Name}
		w.Pool.ID, w.Pool.Name, w.Pool.PoolType, w.Pool.Size = poolOf(r), r.Name, "automation", 1
		w.Pool.IsHosted = strings.HasPrefix(r.Name, "Azure ") || strings.HasPrefix(r.Name, "Hosted ")
		return w
	}
}

func listQueues(c *call, p *project) reply {
	return listReply(wired(p.chosen(typeQueue, func(r *protected) bool {
		return c.like("queueName", r.Name) && c.inList("queueNames", r.Name) && c.inList("queueIds", r.ID) &&
			c.inList("poolIds", strconv.Itoa(poolOf(r)))
	}), wireQueue(p)), "")
}

func getQueue(c *call, p *project) reply {
	r := p.find(typeQueue, c.param("id"))
	if r == nil {
		return c.notFound("Microsoft.TeamFoundation.DistributedTask.WebApi", "TaskAgentQueueNotFoundException",
			"No agent queue found with identifier %s.", c.param("id"))
	}
	return jsonReply(http.StatusOK, wireQueue(p)(r))
}

// secureFileRoutes are the secure files of distributedTask/7.2, the only version
// that documents them. Their list has no pages.
func secureFileRoutes() []route {
	return getBoth("/{org}/{project}/_apis/distributedtask/securefiles", "vso.securefiles_read", listSecureFiles, getSecureFile)
}

// secureFileWire is SecureFile.
type secureFileWire struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Properties map[string]string `json:"properties"`
	audit
}

func (c *call) wireSecureFile(r *protected) secureFileWire {
	return secureFileWire{r.ID, r.Name, map[string]string{}, c.audit()}
}

func listSecureFiles(c *call, p *project) reply {
	return listReply(wired(p.chosen(typeSecureFile, func(r *protected) bool {
		return c.like("namePattern", r.Name) && c.inList("secureFileNames", r.Name) && c.inList("secureFileIds", r.ID)
	}), c.wireSecureFile), "")
}

func getSecureFile(c *call, p *project) reply {
	r := p.find(typeSecureFile, c.param("id"))
	if r == nil {
		return c.notFound("Microsoft.TeamFoundation.DistributedTask.WebApi", "SecureFileNotFoundException",
			"Secure file with ID %s does not exist.", c.param("id"))
	}
	return jsonReply(http.StatusOK, c.wireSecureFile(r))
}

// variableGroupRoutes are the variable groups of distributedTask/7.1.
func variableGroupRoutes() []route {
	return getBoth("/{org}/{project}/_apis/distributedtask/variablegroups", "vso.variablegroups_read", listVariableGroups, getVariableGroup)
}

// variableGroupWire is VariableGroup.
type variableGroupWire struct {
	Variables map[string]variableValue `json:"variables"`
	ID        int                      `json:"id"`
	Type      string                   `json:"type"`
	Name      string                   `json:"name"`
	Text      string                   `json:"description"`
	audit
	IsShared   bool         `json:"isShared"`
	SharedWith []sharedWith `json:"variableGroupProjectReferences"`
}

type variableValue struct {
	Value    *string `json:"value"`
	IsSecret bool    `json:"isSecret,omitempty"`
}

func (c *call) wireVariableGroup(p *project) func(*protected) variableGroupWire {
	region := "westeurope"
	return func(r *protected) variableGroupWire {
		return variableGroupWire{
			Variables: map[string]variableValue{"region": {Value: &region}, "password": {IsSecret: true}},
			ID:        r.number(), Type: "Vsts", Name: r.Name, Text: r.Description, audit: c.audit(), SharedWith: sharedInto(p, r),
		}
	}
}

// listVariableGroups sorts by id, highest first by default. Its continuation token
// is the last id that was sent; without $top, nothing shows that there are more
// pages.
func listVariableGroups(c *call, p *project) reply {
	direction := -1
	if strings.EqualFold(c.query.Get("queryOrder"), "idAscending") {
		direction = 1
	}
	after, err := strconv.Atoi(c.query.Get("continuationToken"))
	rest := p.chosen(typeVariableGroup, func(r *protected) bool {
		beyond := err != nil || (r.number()-after)*direction > 0
		return beyond && c.like("groupName", r.Name) && c.inList("groupIds", r.ID)
	})
	slices.SortFunc(rest, func(a, b *protected) int { return cmp.Compare(a.number(), b.number()) * direction })
	page, next := rest[:c.top(len(rest), c.atMost(len(rest)))], ""
	if len(page) < len(rest) {
		next = page[len(page)-1].ID
	}
	return listReply(wired(page, c.wireVariableGroup(p)), next)
}

func getVariableGroup(c *call, p *project) reply {
	r := p.find(typeVariableGroup, c.param("id"))
	if r == nil {
		return null()
	}
	return jsonReply(http.StatusOK, c.wireVariableGroup(p)(r))
}
