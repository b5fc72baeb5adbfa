package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// checkRoutes are the approvals and checks (vsts-rest-api-specs,
// approvalsAndChecks/7.1). The emulator never evaluates them.
func checkRoutes() []route {
	const checks = "/{org}/{project}/_apis/pipelines/checks/"
	check := func(method, pattern, scope string, h func(*call, *project) reply) route {
		return route{area: vssArea{}, method: method, pattern: checks + pattern, scopes: []string{scope}, handle: inProject(h)}
	}
	return []route{
		check(http.MethodGet, "configurations", "vso.build", listChecks),
		check(http.MethodPost, "configurations", "vso.pipelineresources_manage", addCheck),
		check(http.MethodGet, "configurations/{id}", "vso.build", getCheck),
		check(http.MethodDelete, "configurations/{id}", "vso.pipelineresources_manage", deleteCheck),
		check(http.MethodPost, "queryconfigurations", "vso.build", queryChecks),
	}
}

// check is CheckConfiguration without what is generated for each response.
type check struct {
	id       int
	resource resourceRef
	name     string // of the resource
	kind     checkType
	settings json.RawMessage
	timeout  int // minutes
	disabled bool
	by       grant
}

type checkType struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// The types of checks in the samples.
const (
	approvalCheck    = "8c6f20a7-a545-4486-9777-f762fafe0d4d"
	taskCheck        = "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7"
	branchProtection = "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b"
)

// checkWire is CheckConfiguration, in the order of the samples.
type checkWire struct {
	Settings   json.RawMessage              `json:"settings,omitempty"`
	CreatedBy  *identityRef                 `json:"createdBy"`
	CreatedOn  string                       `json:"createdOn"`
	ModifiedBy *identityRef                 `json:"modifiedBy"`
	ModifiedOn string                       `json:"modifiedOn"`
	Timeout    int                          `json:"timeout"`
	Links      map[string]map[string]string `json:"_links"`
	ID         int                          `json:"id"`
	IsDisabled bool                         `json:"isDisabled,omitempty"`
	Type       checkType                    `json:"type"`
	URL        string                       `json:"url"`
	Resource   namedRef                     `json:"resource"`
}

type namedRef struct {
	resourceRef
	Name string `json:"name"`
}

func (c *call) wireCheck(p *project, one *check) checkWire {
	url := c.server.URL() + "/" + c.org.Name + "/" + p.ID + "/_apis/pipelines/checks/configurations/" + strconv.Itoa(one.id)
	by := c.identityRef(one.by.by)
	w := checkWire{
		CreatedBy: by, CreatedOn: wireTime(one.by.at), ModifiedBy: by, ModifiedOn: wireTime(one.by.at), Timeout: one.timeout,
		Links: map[string]map[string]string{"self": {"href": url}}, ID: one.id, IsDisabled: one.disabled, Type: one.kind, URL: url,
		Resource: namedRef{one.resource, one.name},
	}
	if strings.EqualFold(c.query.Get("$expand"), "settings") {
		w.Settings = one.settings
	}
	return w
}

func (c *call) wireChecks(p *project, wanted func(*check) bool) reply {
	all := []checkWire{}
	for _, one := range p.checks {
		if wanted(one) {
			all = append(all, c.wireCheck(p, one))
		}
	}
	return listReply(all, "")
}

func listChecks(c *call, p *project) reply {
	kind, id := c.query.Get("resourceType"), c.query.Get("resourceId")
	return c.wireChecks(p, func(one *check) bool {
		return (kind == "" || strings.EqualFold(one.resource.Type, kind)) && (id == "" || strings.EqualFold(one.resource.ID, id))
	})
}

// queryChecks returns the checks of many resources. How many one request may name is
// not documented: see [Quirks.MaxBatch].
func queryChecks(c *call, p *project) reply {
	var of []resourceRef
	if c.decode(&of) != nil {
		return c.malformed()
	}
	if refused := c.tooMany(len(of)); refused != nil {
		return *refused
	}
	asked := map[resourceKey]bool{}
	for _, ref := range of {
		asked[resourceKey{strings.ToLower(ref.Type), strings.ToLower(ref.ID)}] = true
	}
	return c.wireChecks(p, func(one *check) bool {
		return asked[resourceKey{strings.ToLower(one.resource.Type), strings.ToLower(one.resource.ID)}]
	})
}

func addCheck(c *call, p *project) reply {
	var body struct {
		Type       checkType
		Settings   json.RawMessage
		Resource   namedRef
		Timeout    int
		IsDisabled bool
	}
	if c.decode(&body) != nil {
		return c.malformed()
	}
	ref := resourceRef{strings.ToLower(body.Resource.Type), body.Resource.ID}
	if refused := c.mayChange(p, ref); refused != nil {
		return *refused
	}
	made := p.addCheck(ref, check{kind: body.Type, settings: body.Settings, timeout: body.Timeout, disabled: body.IsDisabled, by: grant{c.who.id, c.now}})
	c.query.Set("$expand", "settings")
	return jsonReply(http.StatusOK, c.wireCheck(p, made))
}

// addCheck adds a check and sets its number and the name of its resource.
func (p *project) addCheck(ref resourceRef, one check) *check {
	p.lastCheck++
	one.id, one.resource = p.lastCheck, ref
	if r := p.find(ref.Type, ref.ID); r != nil {
		one.name = r.Name
	}
	if one.timeout == 0 {
		one.timeout = 43_200
	}
	p.checks = append(p.checks, &one)
	return &one
}

func (p *project) check(id string) (int, *check) {
	for i, one := range p.checks {
		if strconv.Itoa(one.id) == id {
			return i, one
		}
	}
	return 0, nil
}

func (c *call) noCheck() reply {
	return c.vssError(http.StatusNotFound, vssProblem{
		message: "The check configuration " + c.param("id") + " does not exist.", typeKey: "CheckConfigurationNotFoundException", namespace: checksServer,
	})
}

func getCheck(c *call, p *project) reply {
	_, one := p.check(c.param("id"))
	if one == nil {
		return c.noCheck()
	}
	return jsonReply(http.StatusOK, c.wireCheck(p, one))
}

func deleteCheck(c *call, p *project) reply {
	i, one := p.check(c.param("id"))
	if one == nil {
		return c.noCheck()
	}
	if refused := c.mayChange(p, one.resource); refused != nil {
		return *refused
	}
	p.checks = append(p.checks[:i], p.checks[i+1:]...)
	return noContent()
}
