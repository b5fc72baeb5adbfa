package emulator

import (
	"fmt"
	"net/http"
	"net/url"
)

// frameworkServer is where most of Azure DevOps' exceptions come from.
const frameworkServer = "Microsoft.TeamFoundation.Framework.Server"

// vssProblem is an exception of Azure DevOps. typeName is made from namespace
// and typeKey where it is empty.
type vssProblem struct {
	message, typeKey, namespace, typeName string
	properties                            map[string]any
}

// vssEnvelope is the shape of an error's body, in the service's order.
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

// vssEventID is in the error bodies of public issues, but for those of the
// framework below the service, which have 0.
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

// improperError is the other shape of errors (azure-devops-go-api, models.go,
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

// malformed answers a body that is no JSON (vsts-rest-api-specs#636).
func (c *call) malformed() reply {
	return c.vssError(http.StatusBadRequest, vssProblem{
		message: fmt.Sprintf("TF400898: An Internal Error Occurred. Activity Id: %s.", c.id),
		typeKey: "JsonReaderException", typeName: "Newtonsoft.Json.JsonReaderException, Newtonsoft.Json",
	})
}

// noProject answers a project that the organization does not have.
func (c *call) noProject(name string) reply {
	return c.vssError(http.StatusNotFound, vssProblem{
		message: fmt.Sprintf("TF200016: The following project does not exist: %s. Verify that the name of the project is correct and that the project exists on the specified Azure DevOps Server.", name),
		typeKey: "ProjectDoesNotExistWithNameException", namespace: "Microsoft.TeamFoundation.Core.WebApi",
	})
}
