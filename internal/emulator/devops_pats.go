package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// patRoutes are the PAT lifecycle API (vsts-rest-api-specs, tokens/7.1). It accepts
// only a user's Entra token.
func patRoutes() []route {
	pats := func(method, scope string, h handler) route {
		return route{
			area: vssArea{}, method: method, pattern: "/{org}/_apis/tokens/pats",
			callers: byUser, scopes: []string{scope}, handle: h,
		}
	}
	return []route{
		pats(http.MethodPost, "vso.pats_manage", createPAT),
		pats(http.MethodGet, "vso.pats", getPATs),
		pats(http.MethodPut, "vso.pats_manage", updatePAT),
		pats(http.MethodDelete, "vso.pats_manage", revokePAT),
	}
}

// patWire is PatToken of the API description, in the order of its samples.
type patWire struct {
	DisplayName     string   `json:"displayName"`
	ValidTo         string   `json:"validTo"`
	Scope           string   `json:"scope"`
	TargetAccounts  []string `json:"targetAccounts"`
	ValidFrom       string   `json:"validFrom"`
	AuthorizationID string   `json:"authorizationId"`
	Token           *string  `json:"token"` // only in the response to create
}

func wirePAT(p *pat) patWire {
	return patWire{
		DisplayName: p.name, ValidTo: patTime(p.validTo), Scope: p.scope, TargetAccounts: p.orgs,
		ValidFrom: patTime(p.validFrom), AuthorizationID: p.id,
	}
}

// patResult is PatTokenResult.
type patResult struct {
	PATToken *patWire `json:"patToken"`
	Error    string   `json:"patTokenError"`
	Message  string   `json:"patTokenErrorMessage,omitempty"` // since 7.2
}

func patAnswer(w patWire) reply {
	return jsonReply(http.StatusOK, patResult{PATToken: &w, Error: "none"})
}

// patRefusal responds with a patTokenError. Which status belongs to which value is
// not documented. The API description has only 200; clients report 400 for policies
// and 404 for unknown ids.
func (c *call) patRefusal(value string) reply {
	status := http.StatusOK
	switch {
	case strings.HasSuffix(value, "PolicyViolation"), value == "globalPATCreationBlocked":
		status = http.StatusBadRequest
	case value == "authorizationNotFound":
		status = http.StatusNotFound
	}
	result := patResult{Error: value}
	if v, _, _ := c.apiVersion(); v.atLeast(7, 2) {
		result.Message = "The emulator refuses: " + value + "."
	}
	return jsonReply(status, result)
}

func createPAT(c *call) reply {
	var body struct {
		DisplayName, Scope, ValidTo string
		AllOrgs                     bool
	}
	if c.decode(&body) != nil {
		return c.malformed()
	}
	wish := patWish{name: body.DisplayName, scope: body.Scope, allOrgs: body.AllOrgs}
	wish.validTo, _ = parsePATTime(body.ValidTo) // refused below if zero
	if value := c.refused(wish); value != "" {
		return c.patRefusal(value)
	}
	p := &pat{id: newGUID(), text: newPATText(), owner: c.who.id, validFrom: c.now}
	c.apply(p, wish)
	c.keepPAT(p)
	answer := wirePAT(p)
	answer.Token = &p.text
	return patAnswer(answer)
}

// refused returns the patTokenError for a request that is not granted, or "".
func (c *call) refused(w patWish) string {
	return cmp.Or(c.problem(w, c.now), c.org.PATPolicy.violation(w, c.now))
}

// apply sets a PAT's values as requested, within the longest lifetime allowed.
func (c *call) apply(p *pat, w patWish) {
	p.name, p.scope, p.orgs = w.name, w.scope, []string{c.org.ID}
	if w.allOrgs {
		p.orgs = nil
	}
	p.validTo = roundPATTime(w.validTo)
	if latest := c.org.PATPolicy.latest(c.now); c.org.PATPolicy.MaxDays > 0 && w.validTo.After(latest) {
		p.validTo = roundPATTime(latest)
	}
	if earliest := c.now.AddDate(0, 0, c.org.PATPolicy.MinDays); c.org.PATPolicy.MinDays > 0 && p.validTo.Before(earliest) {
		p.validTo = roundPATTime(earliest)
	}
}

func getPATs(c *call) reply {
	if !c.query.Has("authorizationId") {
		return listPATs(c)
	}
	p, problem := c.ownPAT(c.query.Get("authorizationId"))
	if problem != "" {
		return c.patRefusal(problem)
	}
	return patAnswer(wirePAT(p))
}

// ownPAT finds a PAT of the caller. PATs of other users count as missing.
func (c *call) ownPAT(id string) (*pat, string) {
	if !isGUID(id) {
		return nil, "invalidAuthorizationId"
	}
	p := c.pats[strings.ToLower(id)]
	if p == nil || p.owner != c.who.id || !p.servesOrganization(c.org) {
		return nil, "authorizationNotFound"
	}
	return p, ""
}

// usualPATPage is the page size without $top. The documentation has only the
// maximum, 100.
const usualPATPage, maxPATPage = 20, 100

func listPATs(c *call) reply {
	filter := cmp.Or(strings.ToLower(c.query.Get("displayFilterOption")), "active")
	var found []*pat
	for _, p := range c.pats {
		if p.owner == c.who.id && p.servesOrganization(c.org) && (filter == "all" || p.state(c.now) == filter) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, c.patOrder())
	page, next := continued(c, found, usualPATPage, maxPATPage)
	wires := make([]patWire, len(page))
	for i, p := range page {
		wires[i] = wirePAT(p)
	}
	return jsonReply(http.StatusOK, map[string]any{"continuationToken": next, "patTokens": wires})
}

// patOrder reads sortByOption and isSortAscending. Equal PATs are sorted by id, so
// that pages never overlap.
func (c *call) patOrder() func(a, b *pat) int {
	by := strings.ToLower(c.query.Get("sortByOption"))
	ascending := !strings.EqualFold(c.query.Get("isSortAscending"), "false")
	return func(a, b *pat) int {
		order := a.validTo.Compare(b.validTo)
		switch by {
		case "displayname":
			order = strings.Compare(a.name, b.name)
		case "status":
			order = strings.Compare(a.state(c.now), b.state(c.now))
		}
		if !ascending {
			order = -order
		}
		return cmp.Or(order, strings.Compare(a.id, b.id))
	}
}

func updatePAT(c *call) reply {
	var body struct {
		AuthorizationID             string
		DisplayName, Scope, ValidTo *string
		AllOrgs                     *bool
	}
	if c.decode(&body) != nil {
		return c.malformed()
	}
	p, problem := c.ownPAT(body.AuthorizationID)
	if problem != "" {
		return c.patRefusal(problem)
	}
	switch p.state(c.now) {
	case "expired":
		return c.patRefusal("expiredPatCannotBeExtended")
	case "revoked":
		return c.patRefusal("authorizationNotFound")
	}
	wish := patWish{name: p.name, scope: p.scope, validTo: p.validTo, allOrgs: p.orgs == nil}
	set(&wish.name, body.DisplayName)
	set(&wish.scope, body.Scope)
	set(&wish.allOrgs, body.AllOrgs)
	if body.ValidTo != nil {
		wish.validTo, _ = parsePATTime(*body.ValidTo)
	}
	if value := c.refused(wish); value != "" {
		return c.patRefusal(value)
	}
	c.apply(p, wish)
	return patAnswer(wirePAT(p))
}

func set[T any](into *T, value *T) {
	if value != nil {
		*into = *value
	}
}

// revokePAT returns 204 as in the sample, also for a PAT that is already revoked.
// What the service returns then is not documented.
func revokePAT(c *call) reply {
	p, problem := c.ownPAT(c.query.Get("authorizationId"))
	if problem != "" {
		return c.patRefusal(problem)
	}
	c.revoke(p)
	return noContent()
}
