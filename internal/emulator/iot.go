package emulator

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// iotArea is IoT Central. It checks the application, then the credential, then the
// version.
type iotArea struct{}

func (iotArea) enter(c *call) *reply {
	c.app = c.iotAppAt(c.request.Host, c.server.options.Name)
	if c.app == nil {
		return ended(c.iotError(http.StatusNotFound, iotNotFound, "The application was not found."))
	}
	who, ok := c.iotCaller()
	if !ok {
		return ended(c.iotError(http.StatusUnauthorized, iotUnauthenticated, "The provided authentication token is invalid."))
	}
	c.who = who
	if c.app.tooMany(c.now) { // only requests of known callers count
		return ended(c.iotError(http.StatusTooManyRequests, iotTooMany, "The application gets too many requests.").with("Retry-After", "1"))
	}
	return c.checkIoTVersion()
}

func (iotArea) finish(c *call, r *reply) { r.header.Set("x-ms-request-id", c.id) }

// checkIoTVersion accepts the versions in azure-rest-api-specs, iotcentral.
func (c *call) checkIoTVersion() *reply {
	known := []string{"1.0", "2022-07-31", "1.1-preview", "1.2-preview", "2022-05-31", "2022-06-30-preview", "2022-10-31-preview"}
	if v := c.query.Get("api-version"); slices.Contains(known, v) {
		return nil
	}
	return ended(c.iotError(http.StatusBadRequest, iotBadRequest, "The api-version is missing or not supported."))
}

// iotCaller returns the caller, with role ids as scopes. Unknown callers with a
// valid token have none.
func (c *call) iotCaller() (identity, bool) {
	p := credentialOf(c.request)
	if p.scheme == "sas" {
		return c.bySignature(p.token)
	}
	from, ok := p.signedBy(c.server.keys.entra)
	if p.scheme != "bearer" || !ok || !from.isFor(IoTCentral) || expired(from, c.now) {
		return identity{}, false
	}
	who := entraIdentity(from)
	if who.kinds == byUser && !slices.Contains(who.scopes, "user_impersonation") {
		return identity{}, false
	}
	who.scopes = nil
	for _, m := range c.app.Members {
		if m.ID == who.id {
			who.scopes = append(who.scopes, m.Role)
		}
	}
	return who, true
}

// bySignature accepts a token that this application issued, if it is identical.
func (c *call) bySignature(text string) (identity, bool) {
	for _, t := range c.app.tokens {
		if t.text == text && t.state(c.now) == "active" {
			who := identity{kinds: bySAS, id: t.id, name: t.id}
			for _, r := range t.roles {
				who.scopes = append(who.scopes, r.Role)
			}
			return who, true
		}
	}
	return identity{}, false
}

// withRole admits callers with a role in the application. If managing is true, the
// role must be allowed to manage tokens.
func withRole(managing bool, h handler) handler {
	return func(c *call) reply {
		for _, id := range c.who.scopes {
			if r, ok := c.app.role(id); ok && (r.ManagesTokens || !managing) {
				return h(c)
			}
		}
		return c.iotError(http.StatusForbidden, iotForbidden, "Authorization token does not have access to path.")
	}
}

// noIoTRoute is the response for an unknown path below /api/, such as api/apiToken,
// which an older version of the documentation contained (azure-docs#84509).
func (c *call) noIoTRoute() reply {
	return c.iotError(http.StatusNotFound, iotNotFound, "The requested resource was not found.")
}

// Codes of IoT Central's errors. Unauthenticated comes from a real response
// (azure-docs#108719). For the others, only the status is documented
// (learn.microsoft.com, rest/api/iotcentral/common-error-codes), so clients cannot
// rely on the codes.
const (
	iotUnauthenticated = "Unauthenticated"
	iotForbidden       = "Forbidden"
	iotBadRequest      = "BadRequest"
	iotNotFound        = "NotFound"
	iotConflict        = "Conflict"
	iotInvalidBody     = "InvalidBody"
	iotTooMany         = "TooManyRequests"
)

// iotError is an error of IoT Central. Its time has the format of RFC 1123 instead
// of RFC 3339 (azure-rest-api-specs#18982), and the message contains both ids.
func (c *call) iotError(status int, code, message string) reply {
	at := c.now.Format(http.TimeFormat)
	message = fmt.Sprintf("%s You can contact support at https://aka.ms/iotcentral-support. Please include the following information. Request ID: %s, Time: %s.", message, c.id, at)
	return jsonReply(status, map[string]any{"error": map[string]string{
		"code": code, "message": message, "requestId": c.id, "time": at,
	}}).with("x-ms-error-code", code).with("x-ms-request-id", c.id)
}

// iotApp is an application of IoT Central.
type iotApp struct {
	ID            string
	Subdomain     string // the address is SUBDOMAIN.localhost
	Members       []iotMember
	Roles         []iotRole // custom roles
	Organizations []iotOrganization
	Policy        IoTPolicy

	tokens  []*iotToken // including deleted ones, oldest first
	deleted int         // number of deleted ones
	second  int64       // the second in which requests are counted
	count   int         // requests in this second
}

// iotMember is a user or service principal and its role in an application.
type iotMember struct{ ID, Role string }

// iotOrganization is an organization in an application. With "" as Parent, it is
// below the root.
type iotOrganization struct {
	ID     string `yaml:"id" json:"id"`
	Name   string `yaml:"name" json:"displayName"`
	Parent string `yaml:"parent" json:"parent,omitempty"`
}

// iotRole is a role. Application roles are assigned without an organization,
// organization roles with one.
type iotRole struct {
	ID             string `yaml:"id" json:"id"`
	Name           string `yaml:"name" json:"displayName"`
	InOrganization bool   `yaml:"inOrganization" json:"-"`
	ManagesTokens  bool   `yaml:"managesTokens" json:"-"`
}

// builtInRoles have the same ids in every application (azure-iot-cli-extension,
// models/enum.py; azure-rest-api-specs, iotcentral 2022-05-31, roles_list.json).
func builtInRoles() []iotRole {
	return []iotRole{
		{ID: "ca310b8d-2f4a-44e0-a36e-957c202cd8d4", Name: "Administrator", ManagesTokens: true},
		{ID: "344138e9-8de4-4497-8c54-5237e96d6aaf", Name: "Builder"},
		{ID: "ae2c9854-393b-4f97-8c42-479d70ce626e", Name: "Operator"},
		{ID: "c495eb57-eb18-489e-9802-62c474e5645c", Name: "Org Admin", InOrganization: true},
		{ID: "b4935647-30e4-4ed3-9074-dcac66c2f8ef", Name: "Org Operator", InOrganization: true},
		{ID: "84cc62c1-dabe-49d3-b16e-8b291232b285", Name: "Org Viewer", InOrganization: true},
	}
}

func (a *iotApp) allRoles() []iotRole { return append(builtInRoles(), a.Roles...) }

func (a *iotApp) role(id string) (iotRole, bool) {
	all := a.allRoles()
	i := slices.IndexFunc(all, func(r iotRole) bool { return strings.EqualFold(r.ID, id) })
	if i < 0 {
		return iotRole{}, false
	}
	return all[i], true
}

func (a *iotApp) hasOrganization(id string) bool {
	return slices.ContainsFunc(a.Organizations, func(o iotOrganization) bool { return o.ID == id })
}

// token returns an active or expired token by id, or nil. It does not find deleted
// ones.
func (a *iotApp) token(id string) *iotToken {
	for _, t := range a.tokens {
		if t.id == id && !t.deleted {
			return t
		}
	}
	return nil
}

// iotAppAt returns the application for a Host header, or nil: SUBDOMAIN.localhost,
// or the first application for a loopback address and for the emulator's name.
func (st *state) iotAppAt(host, told string) *iotApp {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.ToLower(strings.Trim(name, "[]"))
	ip := net.ParseIP(name)
	if len(st.apps) > 0 && (name == "localhost" || ip != nil && ip.IsLoopback() || strings.EqualFold(name, told)) {
		return st.apps[0]
	}
	subdomain, found := strings.CutSuffix(name, ".localhost")
	if !found {
		return nil
	}
	return st.iotApp(subdomain)
}

// iotApp returns an application by subdomain, or nil. "" is the first one.
func (st *state) iotApp(subdomain string) *iotApp {
	for _, a := range st.apps {
		if strings.EqualFold(a.Subdomain, cmp.Or(subdomain, a.Subdomain)) {
			return a
		}
	}
	return nil
}

// hostNames returns the host names of the applications.
func (st *state) hostNames() []string {
	var names []string
	for _, a := range st.apps {
		names = append(names, strings.ToLower(a.Subdomain)+".localhost")
	}
	return names
}

// checkApps rejects a seed that would lead to puzzling responses later.
func checkApps(apps []*iotApp) error {
	for _, a := range apps {
		if a.Subdomain == "" || !isGUID(a.ID) {
			return fmt.Errorf("seed: IoT Central application %q needs a subdomain and a GUID as id", a.Subdomain)
		}
		for _, m := range a.Members {
			if _, ok := a.role(m.Role); !ok {
				return fmt.Errorf("seed: member %s of %s has the role %q, which does not exist", m.ID, a.Subdomain, m.Role)
			}
		}
	}
	return nil
}
