package emulator

import (
	"net/http"
	"strconv"
	"strings"
)

// queueRoutes are the agent queues of distributedTask/7.1; their list has no pages.
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

// poolOf is the id of a queue's pool. The two are never the same: a client that
// takes one for the other is found out.
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
