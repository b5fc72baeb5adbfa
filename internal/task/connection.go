package task

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// connection is a service connection as the agent describes it.
type connection struct {
	input  string // that names it
	id     string
	scheme string
	reader *reader
}

// connect puts the inputs that the named connection stands for in the place of
// those that were not given.
func (r *reader) connect(known map[string]string) error {
	c, err := r.named()
	if c == nil || err != nil {
		return err
	}
	set := func(name, value string) {
		if known[Key(name)] == "" && value != "" {
			known[Key(name)] = value
		}
	}
	set("tenant-id", c.parameter("TENANTID"))
	set("client-id", c.parameter("SERVICEPRINCIPALID"))
	set("authority-host", c.authority())
	switch strings.ToLower(c.scheme) {
	case "workloadidentityfederation":
		set("service-connection-id", c.id)
	case "serviceprincipal":
		if strings.EqualFold(c.parameter("AUTHENTICATIONTYPE"), "spnCertificate") {
			return c.unusable("it signs in with a certificate")
		}
		set("client-secret", c.parameter("SERVICEPRINCIPALKEY"))
	case "managedserviceidentity":
		if auth := known[Key("auth")]; (auth == "" || auth == "auto") && known[Key("credential")] == "" && known[Key("refresh-token")] == "" {
			known[Key("auth")] = "managed-identity"
		}
	default:
		return c.unusable("its authentication scheme is " + quoteScheme(c.scheme))
	}
	return nil
}

// named is the connection that an input names, or nil.
func (r *reader) named() (*connection, error) {
	azure, devOps := r.input(AzureSubscription), r.input(AzureDevOpsConnection)
	if azure != "" && devOps != "" {
		return nil, fault.Input(AzureSubscription, "name one of azureSubscription and azureDevOpsConnection", "azureSubscription and azureDevOpsConnection are both set")
	}
	c := &connection{input: AzureSubscription, id: azure, reader: r}
	if devOps != "" {
		c.input, c.id = AzureDevOpsConnection, devOps
	}
	if c.id == "" {
		return nil, nil
	}
	if c.scheme = c.describe(); c.scheme == "" {
		return nil, c.unusable("the agent passed nothing about it to this step")
	}
	return c, nil
}

// describe finds the connection's scheme. What has an application and no secret can
// only be federated.
func (c *connection) describe() string {
	if scheme := c.reader.get("ENDPOINT_AUTH_SCHEME_" + c.id); scheme != "" {
		return scheme
	}
	whole := c.whole()
	switch {
	case whole.Scheme != "" || c.parameter("SERVICEPRINCIPALID") == "":
		return whole.Scheme
	case c.parameter("SERVICEPRINCIPALKEY") != "":
		return "ServicePrincipal"
	}
	return "WorkloadIdentityFederation"
}

type authorization struct {
	Scheme     string            `json:"scheme"`
	Parameters map[string]string `json:"parameters"`
}

func (c *connection) whole() (a authorization) {
	_ = json.Unmarshal([]byte(c.reader.get("ENDPOINT_AUTH_"+c.id)), &a) // what cannot be read has no scheme
	return a
}

func (c *connection) parameter(name string) string {
	if value := c.reader.get("ENDPOINT_AUTH_PARAMETER_" + c.id + "_" + name); value != "" {
		return value
	}
	for key, value := range c.whole().Parameters {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// authorities are the sign-in addresses of Microsoft's other clouds: a connection
// names the one of its own cloud.
var authorities = []string{"https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"}

// authority is the connection's sign-in address where that is not the usual one.
// Other addresses do not count: only an input may name one of these.
func (c *connection) authority() string {
	address := strings.TrimRight(c.reader.get("ENDPOINT_DATA_"+c.id+"_ENVIRONMENTAUTHORITYURL"), "/")
	if slices.Contains(authorities, strings.ToLower(address)) {
		return strings.ToLower(address)
	}
	return ""
}

func (c *connection) unusable(why string) error {
	return fault.Input(c.input, "use a connection with workload identity federation, a client secret or a managed identity",
		"%s: azstep cannot use this service connection: %s", c.input, why)
}

// quoteScheme shows a scheme that came from outside.
func quoteScheme(scheme string) string {
	if r := []rune(scheme); len(r) > 40 {
		scheme = string(r[:40]) + "…"
	}
	return `"` + scheme + `"`
}
