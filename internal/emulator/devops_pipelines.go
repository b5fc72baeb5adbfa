package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// definitionRoutes are the pipelines: as build definitions of build/7.1, and with
// fewer properties in the newer API, pipelines/7.1.
func definitionRoutes() []route {
	return slices.Concat(
		getBoth("/{org}/{project}/_apis/build/definitions", "vso.build", listDefinitions, withPipeline(getDefinition)),
		getBoth("/{org}/{project}/_apis/pipelines", "vso.build", listPipelines, withPipeline(getPipeline)))
}

func withPipeline(h func(*call, *project, *pipeline) reply) func(*call, *project) reply {
	return func(c *call, p *project) reply {
		id, err := strconv.Atoi(c.param("id"))
		b := p.pipeline(id)
		if err != nil || b == nil {
			return c.notFound("Microsoft.TeamFoundation.Build.WebApi", "DefinitionNotFoundException",
				"Definition %s not found.", c.param("id"))
		}
		return h(c, p, b)
	}
}

// definitionWire is BuildDefinitionReference.
type definitionWire struct {
	Quality     string       `json:"quality"`
	AuthoredBy  *identityRef `json:"authoredBy"`
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	URL         string       `json:"url"`
	URI         string       `json:"uri"`
	Path        string       `json:"path"`
	Type        string       `json:"type"`
	QueueStatus string       `json:"queueStatus"`
	Revision    int          `json:"revision"`
	CreatedDate string       `json:"createdDate"`
	Project     projectWire  `json:"project"`
}

func (c *call) wireDefinition(p *project) func(*pipeline) definitionWire {
	return func(b *pipeline) definitionWire {
		return definitionWire{
			Quality: "definition", AuthoredBy: c.identityRef(c.org.maker()), ID: b.ID, Name: b.Name, Path: b.path(),
			URL: fmt.Sprintf("%s/%s/_apis/build/Definitions/%d?revision=1", c.base(), p.ID, b.ID),
			URI: fmt.Sprintf("vstfs:///Build/Definition/%d", b.ID), Type: "build", QueueStatus: "enabled",
			Revision: 1, CreatedDate: createdOn, Project: c.wireProject(p),
		}
	}
}

// usualDefinitionPage is the page size without $top, which is not documented.
const usualDefinitionPage = 1000

func listDefinitions(c *call, p *project) reply {
	var all []*pipeline
	for _, b := range p.Pipelines {
		folder := c.query.Get("path")
		if c.like("name", b.Name) && c.inList("definitionIds", strconv.Itoa(b.ID)) && (folder == "" || strings.EqualFold(folder, b.path())) {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, definitionOrder(c.query.Get("queryOrder")))
	page, next := continued(c, all, usualDefinitionPage, c.atMost(len(all)))
	return listReply(wired(page, c.wireDefinition(p)), next)
}

// definitionOrder supports the orders by name. Otherwise, definitions keep the order
// of the seed, which stands for their age.
func definitionOrder(order string) func(a, b *pipeline) int {
	byName := func(a, b *pipeline) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) }
	switch strings.ToLower(order) {
	case "definitionnameascending":
		return byName
	case "definitionnamedescending":
		return func(a, b *pipeline) int { return byName(b, a) }
	}
	return func(*pipeline, *pipeline) int { return 0 }
}

// getDefinition returns BuildDefinition, as far as it has more than its reference.
func getDefinition(c *call, p *project, b *pipeline) reply {
	return jsonReply(http.StatusOK, struct {
		definitionWire
		Process map[string]any `json:"process"`
	}{c.wireDefinition(p)(b), map[string]any{"type": 2, "yamlFilename": "azure-pipelines.yml"}})
}

// pipelineWire is Pipeline.
type pipelineWire struct {
	URL      string `json:"url"`
	ID       int    `json:"id"`
	Revision int    `json:"revision"`
	Name     string `json:"name"`
	Folder   string `json:"folder"`
}

func (c *call) wirePipeline(p *project) func(*pipeline) pipelineWire {
	return func(b *pipeline) pipelineWire {
		return pipelineWire{fmt.Sprintf("%s/%s/_apis/pipelines/%d?revision=1", c.base(), p.ID, b.ID), b.ID, 1, b.Name, b.path()}
	}
}

func listPipelines(c *call, p *project) reply {
	all := slices.Clone(p.Pipelines)
	slices.SortStableFunc(all, definitionOrder("definitionNameAscending"))
	page, next := continued(c, all, usualDefinitionPage, c.atMost(len(all)))
	return listReply(wired(page, c.wirePipeline(p)), next)
}

func getPipeline(c *call, p *project, b *pipeline) reply {
	return jsonReply(http.StatusOK, c.wirePipeline(p)(b))
}
