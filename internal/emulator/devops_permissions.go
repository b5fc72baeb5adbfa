package emulator

import (
	"fmt"
	"net/http"
	"strings"
)

// permissionRoutes are the pipeline permissions (vsts-rest-api-specs,
// approvalsAndChecks/7.1).
func permissionRoutes() []route {
	const all, one = "/{org}/{project}/_apis/pipelines/pipelinepermissions", "/{org}/{project}/_apis/pipelines/pipelinepermissions/{type}/{id}"
	permission := func(method, pattern, scope string, h func(*call, *project) reply) route {
		return route{area: vssArea{}, method: method, pattern: pattern, scopes: []string{scope}, handle: inProject(h)}
	}
	return []route{
		permission(http.MethodGet, one, "vso.build", getPermissions),
		permission(http.MethodPatch, one, "vso.pipelineresources_manage", updatePermissions),
		permission(http.MethodPatch, all, "vso.pipelineresources_manage", updateManyPermissions),
	}
}

// getPermissions treats a missing resource as one that no pipeline may use. What the
// service does is not documented: see [Quirks.UnknownResourceIs404].
func getPermissions(c *call, p *project) reply {
	ref := resourceRef{Type: strings.ToLower(c.param("type")), ID: c.param("id")}
	if refused := c.badResource(ref); refused != nil {
		return *refused
	}
	key := resourceKey{ref.Type, strings.ToLower(ref.ID)}
	if c.quirks.UnknownResourceIs404 && !c.org.has(p, key) {
		return c.vssError(http.StatusNotFound, vssProblem{
			message: fmt.Sprintf("The resource %s of type %s does not exist.", ref.ID, ref.Type),
			typeKey: "ResourceNotFoundException", namespace: checksServer,
		})
	}
	return jsonReply(http.StatusOK, c.wirePermissions(ref, p.granted[key]))
}

const checksServer = "Microsoft.Azure.Pipelines.Checks.WebApi"

// badResource rejects an invalid type or id. The type of the error is not
// documented, nor is the status for an unknown type.
func (c *call) badResource(ref resourceRef) *reply {
	problem := ""
	if _, known := protectedTypes()[ref.Type]; !known {
		problem = fmt.Sprintf("The resource type '%s' is not supported.", ref.Type)
	}
	if len(ref.ID) > 100 { // terraform-provider-azuredevops#1010
		problem = "Resource id exceeds maximum length of 100."
	}
	if problem == "" {
		return nil
	}
	return ended(c.vssError(http.StatusBadRequest, vssProblem{message: problem, typeKey: "ArgumentException", namespace: checksServer}))
}

func updatePermissions(c *call, p *project) reply {
	var wish permissionWish
	if c.decode(&wish) != nil {
		return c.malformed()
	}
	wish.Resource = resourceRef{Type: c.param("type"), ID: c.param("id")}
	updated, refused := c.updateAll(p, []permissionWish{wish})
	if refused != nil {
		return *refused
	}
	return jsonReply(http.StatusOK, updated[0])
}

func updateManyPermissions(c *call, p *project) reply {
	var wishes []permissionWish
	if c.decode(&wishes) != nil {
		return c.malformed()
	}
	updated, refused := c.updateAll(p, wishes)
	if refused != nil {
		return *refused
	}
	return listReply(updated, "")
}

// updateAll changes everything or nothing. An unknown resource and a missing
// permission give the same message (terraform-provider-azuredevops#923); its status
// and type are not documented.
func (c *call) updateAll(p *project, wishes []permissionWish) ([]permissionsWire, *reply) {
	if refused := c.tooMany(len(wishes)); refused != nil {
		return nil, refused
	}
	if refused := c.tooManyPipelines(wishes); refused != nil {
		return nil, refused
	}
	for i := range wishes {
		ref := &wishes[i].Resource
		ref.Type = strings.ToLower(ref.Type)
		if refused := c.badResource(*ref); refused != nil {
			return nil, refused
		}
		if refused := c.mayChange(p, *ref); refused != nil {
			return nil, refused
		}
	}
	updated := make([]permissionsWire, len(wishes))
	for i, w := range wishes {
		key := resourceKey{w.Resource.Type, strings.ToLower(w.Resource.ID)}
		if p.granted[key] == nil {
			p.granted[key] = &permissions{pipelines: map[int]grant{}}
		}
		p.granted[key].apply(w, grant{by: c.who.id, at: c.now})
		updated[i] = c.wirePermissions(w.Resource, p.granted[key])
	}
	return updated, nil
}

// mayChange rejects callers who are not administrators of the resource.
func (c *call) mayChange(p *project, ref resourceRef) *reply {
	key := resourceKey{strings.ToLower(ref.Type), strings.ToLower(ref.ID)}
	if locked := p.index[key] != nil && p.index[key].Locked; c.administers(p) && c.org.has(p, key) && !locked {
		return nil
	}
	return ended(c.vssError(http.StatusForbidden, vssProblem{
		message: "The resource doesn't exist or the user doesn't have admin permission for all resources of that type.",
		typeKey: "AccessDeniedException", namespace: checksServer,
	}))
}

// tooMany rejects a request for more resources than the quirks allow. Status and
// text are not documented.
func (c *call) tooMany(resources int) *reply {
	if c.quirks.MaxBatch == 0 || resources <= c.quirks.MaxBatch {
		return nil
	}
	return ended(c.vssError(http.StatusRequestEntityTooLarge, vssProblem{
		message: fmt.Sprintf("The request names %d resources; the limit is %d.", resources, c.quirks.MaxBatch), typeKey: "ArgumentException", namespace: checksServer,
	}))
}

func (c *call) tooManyPipelines(wishes []permissionWish) *reply {
	n := 0
	for _, w := range wishes {
		n += len(w.Pipelines)
	}
	if c.quirks.MaxPipelines == 0 || n <= c.quirks.MaxPipelines {
		return nil
	}
	return ended(c.vssError(http.StatusRequestEntityTooLarge, vssProblem{
		message: fmt.Sprintf("The request changes %d pipelines; the limit is %d.", n, c.quirks.MaxPipelines), typeKey: "ArgumentException", namespace: checksServer,
	}))
}

// authorizedRoutes are the older API for open access, build/7.1 (Resources), which
// the Azure CLI uses.
func authorizedRoutes() []route {
	const pattern = "/{org}/{project}/_apis/build/authorizedresources"
	return []route{
		get(pattern, []string{"vso.build"}, inProject(listAuthorized)),
		{
			area: vssArea{}, method: http.MethodPatch, pattern: pattern, scopes: []string{"vso.build_execute"},
			handle: inProject(authorizeResources),
		},
	}
}

// authorizedWire is DefinitionResourceReference.
type authorizedWire struct {
	Authorized bool   `json:"authorized"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	Type       string `json:"type"`
}

// listAuthorized returns only the resources that every pipeline may use.
func listAuthorized(c *call, p *project) reply {
	var out []authorizedWire
	for _, open := range p.allPermissions(c.org.Name) {
		if open.OpenAccess && c.inList("type", open.Type) && c.inList("id", open.ID) {
			out = append(out, authorizedWire{true, open.ID, open.Name, open.Type})
		}
	}
	return listReply(out, "")
}

func authorizeResources(c *call, p *project) reply {
	var wishes []authorizedWire
	if c.decode(&wishes) != nil {
		return c.malformed()
	}
	access := make([]permissionWish, len(wishes))
	for i, w := range wishes {
		access[i] = permissionWish{
			Resource: resourceRef{Type: w.Type, ID: w.ID}, AllPipelines: &struct{ Authorized bool }{w.Authorized},
		}
	}
	if _, refused := c.updateAll(p, access); refused != nil {
		return *refused
	}
	return listReply(wishes, "")
}
