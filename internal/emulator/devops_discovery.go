package emulator

import (
	_ "embed"
	"net/http"
	"strings"
)

//go:embed areas.txt
var areaText string

// discoveryRoutes are what Microsoft's clients request first: the hosts of an area,
// and the locations of its resources.
func discoveryRoutes() []route {
	const areas = "/{org}/_apis/resourceareas"
	open := func(pattern string, h handler) route {
		return route{area: discoveryArea{}, method: http.MethodGet, pattern: pattern, handle: h}
	}
	return []route{
		open("/_apis/resourceareas", listAreas),
		open("/_apis/resourceareas/{id}", getArea),
		open(areas, listAreas),
		open(areas+"/{id}", getArea),
		{area: vssArea{}, method: http.MethodOptions, pattern: "/{org}/_apis", handle: listLocations},
		{area: vssArea{}, method: http.MethodOptions, pattern: "/{org}/_apis/{area}", handle: listLocations},
		get("/{org}/_apis/connectiondata", nil, connectionData),
	}
}

// discoveryArea needs no credential (azure-devops-docs, work-with-urls.md). If the
// client sends one, it must be valid, which is not documented. Outside of an
// organization, the query names it.
type discoveryArea struct{ vssArea }

func (a discoveryArea) enter(c *call) *reply {
	if credentialOf(c.request).scheme != "" && c.param("org") != "" {
		return a.vssArea.enter(c)
	}
	c.org = c.organizationMeant()
	if c.org == nil {
		return ended(noOrganization())
	}
	return c.checkVersion()
}

func (c *call) organizationMeant() *organization {
	if id := c.query.Get("hostId"); id != "" {
		return c.organizationWithID(id)
	}
	name := c.param("org")
	if name == "" {
		name = c.query.Get("accountName")
	}
	return c.organization(name)
}

func (st *state) organizationWithID(id string) *organization {
	for _, o := range st.orgs {
		if strings.EqualFold(o.ID, id) {
			return o
		}
	}
	return nil
}

// areaWire is ResourceAreaInfo.
type areaWire struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	LocationURL string `json:"locationUrl"`
}

// areas returns every area with this emulator's address. The real service has
// several hosts, such as vssps.dev.azure.com for PATs. An Azure DevOps Server has
// one address and no areas (azure-devops-node-api, WebApi.ts).
func (c *call) areas() []areaWire {
	if c.product.server {
		return nil
	}
	var out []areaWire
	for line := range strings.Lines(areaText) {
		if parts := fields(line); len(parts) == 2 {
			out = append(out, areaWire{parts[0], parts[1], c.base() + "/"})
		}
	}
	return out
}

func listAreas(c *call) reply { return listReply(c.areas(), "") }

// getArea returns null for an unknown area. An Azure DevOps Server does so for all
// of them (azure-devops-node-api, WebApi.ts).
func getArea(c *call) reply {
	for _, a := range c.areas() {
		if strings.EqualFold(a.ID, c.param("id")) {
			return jsonReply(http.StatusOK, a)
		}
	}
	return null()
}

// locationWire is ApiResourceLocation.
type locationWire struct {
	ID              string `json:"id"`
	Area            string `json:"area"`
	ResourceName    string `json:"resourceName"`
	RouteTemplate   string `json:"routeTemplate"`
	ResourceVersion int    `json:"resourceVersion"`
	MinVersion      string `json:"minVersion"`
	MaxVersion      string `json:"maxVersion"`
	ReleasedVersion string `json:"releasedVersion"` // "0.0" if all versions are previews
}

// listLocations returns all locations, or those of an area.
func listLocations(c *call) reply {
	var out []locationWire
	for _, l := range c.server.places {
		if area := c.param("area"); c.product.has(&l) && (area == "" || strings.EqualFold(area, l.area)) {
			out = append(out, locationWire{
				l.id, l.area, l.resource, l.template, l.version, l.oldest.text, c.product.latest.text, l.released(c.product).text,
			})
		}
	}
	return listReply(out, "")
}

// connectionData returns ConnectionData, reduced to what clients use to learn who
// they are.
func connectionData(c *call) reply {
	who := c.person(c.who.id)
	descriptor, prefix := c.descriptorOf(who)
	user := map[string]any{
		"id":                  who.id,
		"descriptor":          descriptor,
		"subjectDescriptor":   prefix + ".FAKE-" + who.id,
		"providerDisplayName": who.name,
		"isActive":            true,
		"properties":          map[string]any{"Account": map[string]string{"$type": "System.String", "$value": who.uniqueName}},
		"resourceVersion":     2,
		"metaTypeId":          0,
	}
	return jsonReply(http.StatusOK, map[string]any{
		"authenticatedUser": user,
		"authorizedUser":    user,
		"instanceId":        c.org.ID,
		"deploymentId":      guidOf("deployment"),
		"deploymentType":    c.product.deployment(),
		"locationServiceData": map[string]any{
			"serviceOwner":                serviceOwner,
			"defaultAccessMappingMoniker": "PublicAccessMapping",
			"lastChangeId":                1,
			"lastChangeId64":              1,
		},
	})
}

// descriptorOf returns the two names that Azure DevOps has for an identity: the
// older descriptor, and the prefix of the newer one. Both show the kind of identity
// (azure-devops-docs, "Graph and identities"; terraform-provider-azuredevops,
// descriptors).
func (c *call) descriptorOf(who person) (descriptor, prefix string) {
	switch {
	case c.who.kinds&byApp != 0:
		return "Microsoft.VisualStudio.Services.Claims.AadServicePrincipal;" + who.uniqueName, "aadsp"
	case c.who.kinds&byJob != 0:
		return "Microsoft.TeamFoundation.ServiceIdentity;" + c.org.ID + ":Build:" + who.id, "svc"
	}
	return "Microsoft.IdentityModel.Claims.ClaimsIdentity;" + c.org.Tenant + "\\" + who.uniqueName, "aad"
}

// serviceOwner is the id of Azure DevOps as a service (azure-devops-node-api,
// VSSInterfaces.ts).
const serviceOwner = "00025394-6065-48ca-87d9-7f5672854ef7"
