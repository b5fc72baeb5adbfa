package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// connectionVersion is the only version of the connection data API.
const connectionVersion = "7.1-preview.1"

// Identity is the user or application that Azure DevOps sees behind the credential.
type Identity struct {
	ID         string `json:"id"` // in the organization, not in Entra
	Name       string `json:"providerDisplayName"`
	Descriptor string `json:"descriptor"`        // kind;domain\account
	Subject    string `json:"subjectDescriptor"` // kind.opaque
}

// Kind returns user, application or build-service. The beginning of either
// descriptor says which (azure-devops-docs, "Graph and identities").
func (i Identity) Kind() string {
	prefix, _, _ := strings.Cut(i.Subject, ".")
	family, _, _ := strings.Cut(i.Descriptor, ";")
	switch {
	case prefix == "aadsp" || strings.HasSuffix(family, ".AadServicePrincipal"):
		return "application"
	case prefix == "svc" || strings.HasSuffix(family, ".ServiceIdentity"):
		return "build-service"
	}
	return "user"
}

// Tenant returns the Entra tenant of the identity, or "".
func (i Identity) Tenant() string {
	_, account, _ := strings.Cut(i.Descriptor, ";")
	domain, _, _ := strings.Cut(account, `\`)
	if !pattern.IsGUID(domain) {
		return ""
	}
	return domain
}

// WhoAmI asks an organization for the identity of the credential. GET
// {organization}/_apis/connectionData
func WhoAmI(ctx context.Context, c *Caller, base *url.URL) (Identity, transport.Reply, error) {
	call := devops(http.MethodGet, base, connectionVersion, fault.OrganizationNotFound, nil, "_apis", "connectionData")
	var answer struct {
		User Identity `json:"authenticatedUser"`
	}
	reply, err := c.Do(ctx, call, &answer)
	switch {
	case err != nil:
		return Identity{}, reply, fmt.Errorf("get the identity from Azure DevOps: %w", err)
	case answer.User.isAnonymous():
		refused := fault.New(fault.CredentialRejected, "get the identity from Azure DevOps: it does not recognize the credential (anonymous)")
		refused.Status, refused.RequestID = reply.Status, reply.RequestID
		return Identity{}, reply, refused
	}
	return answer.User, reply, nil
}

// anonymous is the id of a caller who is not signed in. An organization with public
// projects returns it instead of rejecting the call (azure-cli#29250).
const anonymous = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"

func (i Identity) isAnonymous() bool { return i.ID == "" || strings.EqualFold(i.ID, anonymous) }

// Reach asks the application for its API tokens, without reading them. The response
// shows whether the credential is known, and whether it may manage them. GET
// /api/apiTokens
func (c *IoTCentral) Reach(ctx context.Context) (mayManage bool, reply transport.Reply, err error) {
	reply, err = c.Caller.Do(ctx, c.call(http.MethodGet, "apiTokens"), nil)
	switch {
	case err == nil:
		return true, reply, nil
	case says(err, fault.PermissionDenied) || answered(err) && fault.From(err).Status == http.StatusForbidden:
		return false, reply, nil
	}
	return false, reply, fmt.Errorf("list the API tokens of IoT Central: %w", c.explain(err))
}
