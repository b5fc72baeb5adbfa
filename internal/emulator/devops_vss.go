package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// vssArea is Azure DevOps. It checks the organization, then the credential, then the
// scope.
type vssArea struct{}

func (vssArea) enter(c *call) *reply {
	c.org = c.organization(c.param("org"))
	if c.org == nil {
		return ended(noOrganization())
	}
	who, doubt := c.authenticate()
	if doubt != believed {
		return ended(c.refuse(doubt))
	}
	c.who = who
	if answer := c.countRequest(); answer != nil {
		return answer
	}
	if answer := c.admitCaller(); answer != nil {
		return answer
	}
	return c.checkVersion()
}

// finish adds the ids for support requests, and the requested version to the content
// type, which is therefore never just application/json.
func (vssArea) finish(c *call, r *reply) {
	vssHeaders(c, r)
	c.usageHeaders(r)
	if v, given, err := c.apiVersion(); given && err == nil && r.header.Get("Content-Type") == jsonType {
		r.header.Set("Content-Type", jsonType+"; api-version="+v.text)
	}
}

func vssHeaders(c *call, r *reply) {
	r.header.Set("ActivityId", c.id)
	r.header.Set("X-VSS-E2EID", c.id)
	r.header.Set("X-TFS-ProcessId", emptyGUID)
}

func ended(r reply) *reply { return &r }

// admitCaller checks the kind of the credential, the membership and the scope.
func (c *call) admitCaller() *reply {
	accepted := c.route.callers
	if accepted == 0 {
		accepted = byAnybody
	}
	switch {
	case c.who.kinds&accepted == 0 && c.who.kinds == byApp:
		// azure-devops-docs#13661: an application is redirected to the sign-in page.
		return ended(c.signInRedirect())
	case c.who.kinds&accepted == 0:
		return ended(c.unauthorized(c.who.id))
	case c.who.kinds != byJob && !c.org.hasMember(c.who.id):
		return ended(c.unauthorized(c.who.id))
	case !c.may(c.who, c.route.scopes):
		return ended(c.unauthorized(c.who.id))
	}
	return nil
}

// refuse rejects a credential in the service's different ways: a sign-in page with
// 203 for GET and POST, 401 for other methods (azure-devops-auth-samples#52), and a
// redirect if there is no credential.
func (c *call) refuse(why doubt) reply {
	switch {
	case why == patExpired:
		return c.vssError(http.StatusUnauthorized, patExpiredError())
	case why == unreadable || why == noCredential && c.suppressed():
		return newReply(http.StatusUnauthorized, "", nil).with("WWW-Authenticate", c.challenge())
	case why == noCredential || c.route.noPage:
		return c.signInRedirect()
	case c.suppressed() || c.request.Method != http.MethodGet && c.request.Method != http.MethodPost:
		return c.unauthorized(anonymousID)
	}
	return htmlReply(http.StatusNonAuthoritativeInfo, signInPage)
}

// suppressed reports whether the client wants 401 instead of sign-in pages.
func (c *call) suppressed() bool { return c.header("X-TFS-FedAuthRedirect") == "Suppress" }

// anonymousID is the user in error messages for an unknown credential
// (azure-cli#29250).
const anonymousID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

func (c *call) unauthorized(user string) reply {
	return c.vssError(http.StatusUnauthorized, vssProblem{
		message: fmt.Sprintf("TF400813: The user '%s' is not authorized to access this resource.", user),
		typeKey: "UnauthorizedRequestException", namespace: frameworkServer,
	}).with("WWW-Authenticate", c.challenge())
}

func (c *call) challenge() string {
	return fmt.Sprintf(`Bearer authorization_uri=%s/%s, Basic realm="%s/", TFS-Federated`,
		c.server.url, c.org.Tenant, c.server.url)
}

func (c *call) signInRedirect() reply {
	if c.suppressed() {
		return c.unauthorized(cmp.Or(c.who.id, anonymousID))
	}
	target := c.server.url + "/_signin?" + url.Values{
		"realm": {"vssps.dev.azure.com"}, "reply_to": {c.server.url + c.request.URL.Path},
	}.Encode()
	page := fmt.Sprintf("<html><head><title>Object moved</title></head><body>\n<h2>Object moved to <a href=\"%s\">here</a>.</h2>\n</body></html>\n", target)
	return htmlReply(http.StatusFound, page).with("Location", target)
}

const signInPage = `<!DOCTYPE html>
<html lang="en-US"><head><title>Azure DevOps Services | Sign In</title></head>
<body><h1>Sign In</h1></body></html>
`

// signInRoutes is the page that clients reach if they follow the redirect: 200 and
// no JSON.
func signInRoutes() []route {
	page := func(*call) reply { return htmlReply(http.StatusOK, signInPage) }
	return []route{{area: openArea{}, method: http.MethodGet, pattern: "/_signin", handle: page}}
}

// openArea admits everyone.
type openArea struct{}

func (openArea) enter(*call) *reply   { return nil }
func (openArea) finish(*call, *reply) {}

// noOrganization is the page for an unknown organization. The service returns HTML,
// whatever the request accepts.
func noOrganization() reply {
	return htmlReply(http.StatusNotFound, "<!DOCTYPE html>\n<html><head><title>Azure DevOps Services | Page not found</title></head>\n<body><h1>404 - Page not found</h1></body></html>\n")
}

// noRoute is the response for a path that no area has.
func (c *call) noRoute(otherMethod bool) reply {
	if strings.HasPrefix(c.request.URL.Path, iotPrefix) {
		return c.noIoTRoute()
	}
	segments, ok := splitPath(c.request.URL.EscapedPath())
	if !ok || c.organization(segments[0]) == nil {
		return noOrganization()
	}
	answer := c.vssError(http.StatusNotFound, vssProblem{
		message: fmt.Sprintf("The controller for path '%s' was not found or does not implement IController.", c.request.URL.Path),
		typeKey: "HttpException", typeName: "System.Web.HttpException, System.Web",
	})
	if otherMethod {
		answer = improperError(http.StatusMethodNotAllowed,
			fmt.Sprintf("The requested resource does not support http method '%s'.", c.request.Method))
	}
	vssHeaders(c, &answer)
	return answer
}

// frameworkServer is the namespace of most of Azure DevOps' exceptions.
const frameworkServer = "Microsoft.TeamFoundation.Framework.Server"

// vssProblem is an exception of Azure DevOps. If typeName is empty, it is made from
// namespace and typeKey.
type vssProblem struct {
	message, typeKey, namespace, typeName string
	properties                            map[string]any
}

// vssEnvelope is the body of an error, in the service's order.
type vssEnvelope struct {
	ID             string         `json:"$id"`
	Properties     map[string]any `json:"customProperties,omitempty"`
	InnerException *string        `json:"innerException"`
	Message        string         `json:"message"`
	TypeName       string         `json:"typeName"`
	TypeKey        string         `json:"typeKey"`
	ErrorCode      int            `json:"errorCode"`
	EventID        int            `json:"eventId"`
}

// vssEventID is in the error bodies of public issues, except for errors of the
// underlying framework, which have 0.
const vssEventID = 3000

func (c *call) vssError(status int, p vssProblem) reply {
	event := 0
	if p.typeName == "" {
		p.typeName = p.namespace + "." + p.typeKey + ", " + p.namespace
		event = vssEventID
	}
	return jsonReply(status, vssEnvelope{
		ID: "1", Properties: p.properties, Message: p.message,
		TypeName: p.typeName, TypeKey: p.typeKey, EventID: event,
	}).with("X-TFS-ServiceError", url.QueryEscape(p.message))
}

// improperError is the other form of an error (azure-devops-go-api, models.go,
// WrappedImproperError).
func improperError(status int, message string) reply {
	return jsonReply(status, map[string]any{"count": 1, "value": map[string]string{"Message": message}})
}

func patExpiredError() vssProblem {
	return vssProblem{
		message: "Access Denied: The Personal Access Token used has expired.",
		typeKey: "AccessCheckException", typeName: "Microsoft.VisualStudio.Services.Security.AccessCheckException, Microsoft.VisualStudio.Services.WebApi",
		properties: map[string]any{
			"Descriptor": nil, "IdentityDisplayName": nil, "Token": nil,
			"RequestedPermissions": 0, "NamespaceId": emptyGUID,
		},
	}
}

// malformed is the response for a body that is not JSON (vsts-rest-api-specs#636).
func (c *call) malformed() reply {
	return c.vssError(http.StatusBadRequest, vssProblem{
		message: fmt.Sprintf("TF400898: An Internal Error Occurred. Activity Id: %s.", c.id),
		typeKey: "JsonReaderException", typeName: "Newtonsoft.Json.JsonReaderException, Newtonsoft.Json",
	})
}

// noProject is the response for an unknown project.
func (c *call) noProject(name string) reply {
	return c.vssError(http.StatusNotFound, vssProblem{
		message: fmt.Sprintf("TF200016: The following project does not exist: %s. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.", name),
		typeKey: "ProjectDoesNotExistWithNameException", namespace: "Microsoft.TeamFoundation.Core.WebApi",
	})
}
