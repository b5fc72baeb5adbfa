package emulator

import "net/http"

// authorizedRoutes are open access in the older way, build/7.1 (Resources): the az
// command line reads and sets it there.
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

// listAuthorized are the resources that every pipeline may use, and no others.
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
