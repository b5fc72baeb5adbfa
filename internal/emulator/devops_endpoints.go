package emulator

import (
	"cmp"
	"net/http"
)

// endpointRoutes are the service connections of serviceEndpoint/7.1. Their list has
// no pages.
func endpointRoutes() []route {
	return getBoth("/{org}/{project}/_apis/serviceendpoint/endpoints", "vso.serviceendpoint", listEndpoints, getEndpoint)
}

// endpointWire is ServiceEndpoint.
type endpointWire struct {
	ID            string            `json:"id"`
	Name          string            `json:"name"`
	Type          string            `json:"type"`
	URL           string            `json:"url"`
	Description   string            `json:"description"`
	CreatedBy     *identityRef      `json:"createdBy"`
	Authorization authorization     `json:"authorization"`
	Data          map[string]string `json:"data"`
	IsShared      bool              `json:"isShared"`
	IsReady       bool              `json:"isReady"`
	Owner         string            `json:"owner"`
	SharedWith    []sharedWith      `json:"serviceEndpointProjectReferences"`
}

// authorization is EndpointAuthorization without secrets.
type authorization struct {
	Parameters map[string]string `json:"parameters"`
	Scheme     string            `json:"scheme"`
}

func (c *call) wireEndpoint(p *project) func(*protected) endpointWire {
	return func(r *protected) endpointWire {
		return endpointWire{
			ID: r.ID, Name: r.Name, Type: cmp.Or(r.Kind, "azurerm"), URL: "https://management.azure.com/", Description: r.Description,
			CreatedBy: c.identityRef(c.org.maker()), Data: map[string]string{}, IsReady: true, Owner: "library", SharedWith: sharedInto(p, r),
			Authorization: c.authorizationOf(p, r),
		}
	}
}

// authorizationOf returns how a connection authenticates: as the seed says, or as
// usual for its kind.
func (c *call) authorizationOf(p *project, r *protected) authorization {
	usual := map[string]string{"": federationScheme, "azurerm": federationScheme, "dockerregistry": "UsernamePassword"}
	a := authorization{map[string]string{"tenantid": c.org.Tenant}, cmp.Or(r.Scheme, usual[r.Kind], "Token")}
	if a.Scheme == federationScheme {
		a.Parameters["workloadIdentityFederationIssuer"] = cmp.Or(r.Issuer, c.issuerOf(p, r))
		a.Parameters["workloadIdentityFederationSubject"] = "sc://" + c.org.Name + "/" + p.Name + "/" + r.Name
	}
	return a
}

// issuerOf returns Azure Pipelines' own issuer, or Entra's if the connection was
// converted.
func (c *call) issuerOf(p *project, r *protected) string {
	for _, s := range p.ServiceConnections {
		if s.ID == r.ID && s.Converted {
			return issuerV2(c.org.Tenant)
		}
	}
	return pipelinesIssuer + c.org.ID
}

// federationScheme is the service's name for a connection without a secret.
const federationScheme = "WorkloadIdentityFederation"

func listEndpoints(c *call, p *project) reply {
	return listReply(wired(p.chosen(typeEndpoint, func(r *protected) bool {
		return c.inList("endpointNames", r.Name) && c.inList("endpointIds", r.ID) && c.inList("type", cmp.Or(r.Kind, "azurerm"))
	}), c.wireEndpoint(p)), "")
}

func getEndpoint(c *call, p *project) reply {
	r := p.find(typeEndpoint, c.param("id"))
	if r == nil {
		return null()
	}
	return jsonReply(http.StatusOK, c.wireEndpoint(p)(r))
}
