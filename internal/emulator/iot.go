package emulator

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// iotArea is IoT Central: an application, then a credential, then a version.
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
	if c.app.tooMany(c.now) { // counted for callers that are known
		return ended(c.iotError(http.StatusTooManyRequests, iotTooMany, "The application gets too many requests.").with("Retry-After", "1"))
	}
	return c.checkIoTVersion()
}

func (iotArea) finish(c *call, r *reply) { r.header.Set("x-ms-request-id", c.id) }

// checkIoTVersion takes the versions of azure-rest-api-specs, iotcentral.
func (c *call) checkIoTVersion() *reply {
	known := []string{"1.0", "2022-07-31", "1.1-preview", "1.2-preview", "2022-05-31", "2022-06-30-preview", "2022-10-31-preview"}
	if v := c.query.Get("api-version"); slices.Contains(known, v) {
		return nil
	}
	return ended(c.iotError(http.StatusBadRequest, iotBadRequest, "The api-version is missing or not supported."))
}

// iotCaller is who calls, with scopes holding the ids of roles. A stranger whose
// token is good has none.
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

// bySignature believes a token that this application has minted, letter by letter.
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

// withRole lets in whoever has a role in the application; managing, one that
// manages tokens.
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

// noIoTRoute answers a path below /api/ that nobody serves; api/apiToken, which an
// older version of the documentation printed (azure-docs#84509), is one.
func (c *call) noIoTRoute() reply {
	return c.iotError(http.StatusNotFound, iotNotFound, "The requested resource was not found.")
}

// Codes of IoT Central's errors. Unauthenticated is from a real answer
// (azure-docs#108719). Of the others the documentation has the status alone
// (learn.microsoft.com, rest/api/iotcentral/common-error-codes): who reads
// them is on his own.
const (
	iotUnauthenticated = "Unauthenticated"
	iotForbidden       = "Forbidden"
	iotBadRequest      = "BadRequest"
	iotNotFound        = "NotFound"
	iotConflict        = "Conflict"
	iotInvalidBody     = "InvalidBody"
	iotTooMany         = "TooManyRequests"
)

// iotError is an error of IoT Central: its time is RFC 1123 and not RFC 3339
// (azure-rest-api-specs#18982), and both ids are in the message once more.
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
	Subdomain     string // it is served at SUBDOMAIN.localhost
	Members       []iotMember
	Roles         []iotRole // custom ones
	Organizations []iotOrganization
	Policy        IoTPolicy

	tokens  []*iotToken // deleted ones too, oldest first
	deleted int         // how many of them are
	second  int64       // the second that requests are counted in
	count   int         // requests in it
}

// iotMember is a user or service principal with its role in an application.
type iotMember struct{ ID, Role string }

// iotOrganization is one below an application; "" as Parent is the root.
type iotOrganization struct {
	ID     string `yaml:"id" json:"id"`
	Name   string `yaml:"name" json:"displayName"`
	Parent string `yaml:"parent" json:"parent,omitempty"`
}

// iotRole is a role. Application roles are granted without an organization,
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

// token finds a live or expired one, not a deleted one, by id; nil if there is none.
func (a *iotApp) token(id string) *iotToken {
	for _, t := range a.tokens {
		if t.id == id && !t.deleted {
			return t
		}
	}
	return nil
}

// iotAppAt finds the application that a Host header names: SUBDOMAIN.localhost,
// or the first of the seed for a loopback address and for the name that clients
// are told to use; nil if there is none.
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

// iotApp finds an application by subdomain, "" for the first; nil if unknown.
func (st *state) iotApp(subdomain string) *iotApp {
	for _, a := range st.apps {
		if strings.EqualFold(a.Subdomain, cmp.Or(subdomain, a.Subdomain)) {
			return a
		}
	}
	return nil
}

// hostNames are where the applications are served.
func (st *state) hostNames() []string {
	var names []string
	for _, a := range st.apps {
		names = append(names, strings.ToLower(a.Subdomain)+".localhost")
	}
	return names
}

// checkApps finds what would only show as a puzzling answer later.
func checkApps(apps []*iotApp) error {
	for _, a := range apps {
		if a.Subdomain == "" || !isGUID(a.ID) {
			return fmt.Errorf("seed: IoT Central application %q needs a subdomain and a GUID as id", a.Subdomain)
		}
		for _, m := range a.Members {
			if _, ok := a.role(m.Role); !ok {
				return fmt.Errorf("seed: member %s of %s has the role %q, which is not there", m.ID, a.Subdomain, m.Role)
			}
		}
	}
	return nil
}
