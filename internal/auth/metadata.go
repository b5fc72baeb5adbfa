package auth

import (
	"cmp"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/transport"
)

// metadata is an endpoint that issues tokens for a machine's identities, and how to
// address it.
type metadata struct {
	name    string // name in messages
	method  string
	url     *url.URL
	version string // api-version, or ""

	client   string // the parameter that names an identity, or "" if it cannot be chosen
	fallback string // the identity if none is named, or "" for the machine's own

	header http.Header // proves that the request comes from the machine
	secret string      // the secret in header, or ""
	keys   string      // the directory of Azure Arc's keys, or ""
}

const (
	varIdentityURL    = "IDENTITY_ENDPOINT"
	varIdentityHeader = "IDENTITY_HEADER"
	varIdentityPin    = "IDENTITY_SERVER_THUMBPRINT"
	varMetadataURL    = "IMDS_ENDPOINT"
	varMSIURL         = "MSI_ENDPOINT"
	varMSISecret      = "MSI_SECRET"
	varMSIClient      = "DEFAULT_IDENTITY_CLIENT_ID"
)

// fromMachine returns the header that is missing if someone else made a service send
// the request.
func fromMachine() http.Header { return http.Header{"Metadata": {"true"}} }

// metadata finds the endpoint as Microsoft's libraries do, by what each kind of
// machine has in its environment: learn.microsoft.com, "How to use managed
// identities for App Service and Azure Functions", "Authenticate against Azure
// resources with Azure Arc-enabled servers", "Managed identities in Cloud Shell".
func (c *chooser) metadata() (metadata, error) {
	identity, secret, msi := c.env.get(varIdentityURL), c.env.get(varIdentityHeader), c.env.get(varMSIURL)
	switch {
	case identity != "" && secret != "" && c.env.get(varIdentityPin) != "":
		return metadata{}, fault.Input("auth", "set `auth` to another way to authenticate", "auth: the managed identities of Service Fabric are not supported")
	case identity != "" && secret != "":
		return metadata{name: "App Service", method: http.MethodGet, version: "2019-08-01", client: "client_id",
			header: http.Header{"X-Identity-Header": {secret}}, secret: secret}.at(varIdentityURL, identity)
	case msi != "" && c.env.get(varMSISecret) != "":
		return c.machineLearning(c.env.get(varMSISecret)).at(varMSIURL, msi)
	case msi != "":
		return metadata{name: "Cloud Shell", method: http.MethodPost, header: fromMachine()}.at(varMSIURL, msi)
	case identity != "" && c.env.get(varMetadataURL) != "":
		return metadata{name: "Azure Arc", method: http.MethodGet, version: "2020-06-01", client: "client_id",
			header: fromMachine(), keys: c.arcKeys()}.at(varIdentityURL, identity)
	}
	return metadata{name: "the machine", method: http.MethodGet, version: "2018-02-01", client: "client_id", header: fromMachine(),
		url: &url.URL{Scheme: "http", Host: "169.254.169.254", Path: "/metadata/identity/oauth2/token"}}, nil
}

// machineLearning names an identity in every request, because its endpoint has no
// default.
func (c *chooser) machineLearning(secret string) metadata {
	return metadata{name: "Azure Machine Learning", method: http.MethodGet, version: "2017-09-01",
		client: "clientid", fallback: c.env.get(varMSIClient), header: http.Header{"Secret": {secret}}, secret: secret}
}

// arcKeys returns the directory in which the agent of Azure Arc stores the keys that
// prove who may read them.
func (c *chooser) arcKeys() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(c.env.get("ProgramData"), "AzureConnectedMachineAgent", "Tokens")
	}
	return "/var/opt/azcmagent/tokens"
}

// at sets the endpoint's address, from a variable. It must belong to the machine
// itself: any other server would learn the secret in the request, and could issue
// its own tokens.
func (m metadata) at(name, address string) (metadata, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		return metadata{}, fault.Input(name, name+" must be the address that Azure sets", "%s: %s is not valid", name, input.Quote(clean(address)))
	case !transport.IsMachine(u):
		return metadata{}, fault.Input(name, name+" must be a loopback or link-local address, as Azure sets it",
			"%s: %s is not an address of this machine, where the tokens of a managed identity come from", name, input.Quote(clean(u.Host)))
	}
	m.url = u
	return m, nil
}

// call returns the request for a resource's token as the identity client, or as the
// machine's own identity.
func (m metadata) call(resource, client string) transport.Call {
	u, query := *m.url, m.url.Query()
	for name, value := range map[string]string{"resource": resource, "api-version": m.version, m.client: cmp.Or(client, m.fallback)} {
		if name != "" && value != "" {
			query.Set(name, value)
		}
	}
	call := transport.Call{Method: m.method, URL: &u, Header: m.header}
	if m.method == http.MethodPost {
		call.Form, u.RawQuery = query, ""
	} else {
		u.RawQuery = query.Encode()
	}
	return call
}
