package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// iotRoutes are the API tokens, roles and organizations (azure-rest-api-specs,
// iotcentral/data-plane, 2022-07-31).
func iotRoutes() []route {
	iot := func(method, path string, managing bool, h handler) route {
		return route{area: iotArea{}, method: method, pattern: iotPrefix + path, handle: withRole(managing, h)}
	}
	return []route{
		iot(http.MethodGet, "apiTokens", true, listTokens),
		iot(http.MethodPut, "apiTokens/{token}", true, putToken),
		iot(http.MethodGet, "apiTokens/{token}", true, withIoTToken(getToken)),
		iot(http.MethodDelete, "apiTokens/{token}", true, withIoTToken(deleteToken)),
		iot(http.MethodGet, "roles", false, func(c *call) reply { return iotPage(c, c.app.allRoles()) }),
		iot(http.MethodGet, "organizations", false, func(c *call) reply { return iotPage(c, c.app.Organizations) }),
	}
}

const iotPrefix = "/api/"

func withIoTToken(h func(*call, *iotToken) reply) handler {
	return func(c *call) reply {
		t := c.app.token(c.param("token"))
		if t == nil {
			return c.iotError(http.StatusNotFound, iotNotFound, "The API token was not found.")
		}
		return h(c, t)
	}
}

func getToken(_ *call, t *iotToken) reply { return jsonReply(http.StatusOK, wireToken(t)) }

func deleteToken(c *call, t *iotToken) reply {
	c.deleteToken(c.app, t)
	return noContent()
}

func listTokens(c *call) reply {
	all := []iotTokenWire{}
	for _, t := range c.app.tokens {
		if !t.deleted {
			all = append(all, wireToken(t))
		}
	}
	return iotPage(c, all)
}

// validTokenID applies the rule for ids of users, because the API description has no
// rule for ids of tokens.
func validTokenID(id string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return id != "" && len(id) <= 48 && strings.Trim(id, letters) == ""
}

// tokenWish is the body of PUT.
type tokenWish struct {
	Roles  []roleAssignment
	Expiry *string
}

// putToken creates a token. For an id that exists, see [IoTPolicy].
func putToken(c *call) reply {
	id := c.param("token")
	var wish tokenWish
	switch {
	case !validTokenID(id):
		return c.iotError(http.StatusBadRequest, iotBadRequest, "The id of the API token is not valid.")
	case c.decode(&wish) != nil:
		return c.iotError(http.StatusBadRequest, iotBadRequest, "The body of the request is not valid JSON.")
	}
	asked, problem := wish.check(c.app, c.now)
	if problem != "" {
		return c.iotError(http.StatusUnprocessableEntity, iotInvalidBody, problem)
	}
	if old := c.app.token(id); old != nil {
		if !c.app.Policy.Replace {
			return c.iotError(http.StatusConflict, iotConflict, "An API token with this id exists already.")
		}
		c.deleteToken(c.app, old)
	}
	expiry := c.app.Policy.expiry(asked, c.now)
	made := &iotToken{id: id, text: newTokenText(c.app, id, expiry.Add(c.app.Policy.SEOffset)), roles: wish.Roles, created: c.now, expiry: expiry}
	c.app.tokens = append(c.app.tokens, made)
	c.counts.APITokens.Made++
	answer := wireToken(made)
	answer.Token = made.text
	return jsonReply(http.StatusOK, answer)
}

// check returns the requested expiry, or the zero time, and what is wrong with the
// request.
func (w tokenWish) check(a *iotApp, now time.Time) (time.Time, string) {
	if len(w.Roles) == 0 {
		return time.Time{}, "The property 'roles' is required and must have at least one element."
	}
	for _, r := range w.Roles {
		if problem := a.badAssignment(r); problem != "" {
			return time.Time{}, problem
		}
	}
	if w.Expiry == nil {
		return time.Time{}, ""
	}
	asked, err := time.Parse(time.RFC3339, *w.Expiry)
	if err != nil || !asked.After(now) {
		return time.Time{}, "The property 'expiry' must be a date-time in the future."
	}
	return asked, ""
}

func (a *iotApp) badAssignment(r roleAssignment) string {
	role, known := a.role(r.Role)
	switch {
	case !known:
		return fmt.Sprintf("The role '%s' does not exist.", r.Role)
	case role.InOrganization && !a.hasOrganization(r.Organization):
		return fmt.Sprintf("The role '%s' needs an organization that exists, not '%s'.", r.Role, r.Organization)
	case !role.InOrganization && r.Organization != "":
		return fmt.Sprintf("The role '%s' cannot be assigned in an organization.", r.Role)
	}
	return ""
}

// usualIoTPage is the page size. The API description has nextLink, but no size.
const usualIoTPage = 100

// iotPage returns one page of a list and a nextLink to the next one.
func iotPage[T any](c *call, all []T) reply {
	from, _ := strconv.Atoi(c.query.Get("$skiptoken"))
	from = max(0, min(from, len(all)))
	to := min(from+c.atMost(usualIoTPage), len(all))
	answer := struct {
		Value    []T    `json:"value"`
		NextLink string `json:"nextLink,omitempty"`
	}{Value: append([]T{}, all[from:to]...)}
	if to < len(all) {
		next := c.request.URL.Query()
		next.Set("$skiptoken", strconv.Itoa(to))
		answer.NextLink = "https://" + c.request.Host + c.request.URL.EscapedPath() + "?" + next.Encode()
	}
	return jsonReply(http.StatusOK, answer)
}
