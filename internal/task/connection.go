package task

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// connection is a service connection as the agent describes it.
type connection struct {
	input  string // the input that names the connection
	id     string
	scheme string
	reader *reader
}

// connect sets the inputs that the named connection stands for, unless they were
// given.
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

// named returns the connection that an input names, or nil.
func (r *reader) named() (*connection, error) {
	azure, devOps := r.input(AzureSubscription), r.input(AzureDevOpsConnection)
	if azure != "" && devOps != "" {
		return nil, fault.Input(AzureSubscription, "choose one of azureSubscription and azureDevOpsConnection", "azureSubscription and azureDevOpsConnection are both set")
	}
	c := &connection{input: AzureSubscription, id: azure, reader: r}
	if devOps != "" {
		c.input, c.id = AzureDevOpsConnection, devOps
	}
	if c.id == "" {
		return nil, nil
	}
	if c.scheme = c.describe(); c.scheme == "" {
		return nil, c.unusable("the agent did not pass it to this step")
	}
	return c, nil
}

// describe finds the connection's scheme. A connection with an application and no
// secret can only be federated.
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
	_ = json.Unmarshal([]byte(c.reader.get("ENDPOINT_AUTH_"+c.id)), &a) // if it cannot be parsed, the scheme is unknown
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

// authorities lists the sign-in addresses of Microsoft's other clouds: a connection
// names that of its own cloud.
var authorities = []string{"https://login.microsoftonline.us", "https://login.partner.microsoftonline.cn"}

// authority returns the connection's sign-in address if it differs from the public
// cloud's. Other addresses are ignored: only an input may choose one of those.
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

// quoteScheme formats a scheme that came from outside.
func quoteScheme(scheme string) string {
	if r := []rune(scheme); len(r) > 40 {
		scheme = string(r[:40]) + "…"
	}
	return `"` + scheme + `"`
}
