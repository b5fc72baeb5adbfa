package auth

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// metadata is an endpoint that gives a machine's identities their tokens, and how
// it wants to be asked.
type metadata struct {
	name    string // in messages
	method  string
	url     string
	version string // its api-version, or "" without one

	client   string // the parameter that names an identity, or "" where nobody can choose
	fallback string // the identity where none is named, or "" for the machine's own

	header http.Header // what shows that the request comes from the machine
	secret string      // the one in header, or ""
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

// fromMachine is the header that no request has which somebody else has made a
// service send.
func fromMachine() http.Header { return http.Header{"Metadata": {"true"}} }

// metadata finds the endpoint as Microsoft's libraries do, by what a machine of
// each kind has in its environment: learn.microsoft.com, "How to use managed
// identities for App Service and Azure Functions", "Authenticate against Azure
// resources with Azure Arc-enabled servers", "Managed identities in Cloud Shell".
func (c *chooser) metadata() (metadata, error) {
	identity, secret, msi := c.env.get(varIdentityURL), c.env.get(varIdentityHeader), c.env.get(varMSIURL)
	switch {
	case identity != "" && secret != "" && c.env.get(varIdentityPin) != "":
		return metadata{}, fault.Input("auth", "name another way to authenticate in auth", "auth: the managed identities of Service Fabric are not supported")
	case identity != "" && secret != "":
		return metadata{name: "App Service", method: http.MethodGet, url: identity, version: "2019-08-01", client: "client_id",
			header: http.Header{"X-Identity-Header": {secret}}, secret: secret}.valid(varIdentityURL)
	case msi != "" && c.env.get(varMSISecret) != "":
		return c.machineLearning(msi, c.env.get(varMSISecret)).valid(varMSIURL)
	case msi != "":
		return metadata{name: "Cloud Shell", method: http.MethodPost, url: msi, header: fromMachine()}.valid(varMSIURL)
	case identity != "" && c.env.get(varMetadataURL) != "":
		return metadata{name: "Azure Arc", method: http.MethodGet, url: identity, version: "2020-06-01", client: "client_id",
			header: fromMachine(), keys: c.arcKeys()}.valid(varIdentityURL)
	}
	return metadata{name: "the machine", method: http.MethodGet, url: "http://169.254.169.254/metadata/identity/oauth2/token",
		version: "2018-02-01", client: "client_id", header: fromMachine()}, nil
}

// machineLearning names an identity in every request: its endpoint has no default.
func (c *chooser) machineLearning(address, secret string) metadata {
	return metadata{name: "Azure Machine Learning", method: http.MethodGet, url: address, version: "2017-09-01",
		client: "clientid", fallback: c.env.get(varMSIClient), header: http.Header{"Secret": {secret}}, secret: secret}
}

// arcKeys is where the agent of Azure Arc puts the keys that show who may read
// them.
func (c *chooser) arcKeys() string {
	if runtime.GOOS == "windows" {
		return filepath.Join(c.env.get("ProgramData"), "AzureConnectedMachineAgent", "Tokens")
	}
	return "/var/opt/azcmagent/tokens"
}

func (m metadata) valid(name string) (metadata, error) {
	u, err := url.Parse(m.url)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return metadata{}, fault.Input(name, name+" must be an address, as Azure sets it", "%s: %s is not valid", name, input.Quote(clean(m.url)))
	}
	return m, nil
}

// request asks for a token for a resource as the identity client, or as the
// machine's own; key answers a challenge of Azure Arc.
func (m metadata) request(ctx context.Context, resource, client, key string) (*http.Request, error) {
	u, err := url.Parse(m.url)
	if err != nil {
		return nil, err
	}
	query, header := u.Query(), m.header.Clone()
	for name, value := range map[string]string{"resource": resource, "api-version": m.version, m.client: cmp.Or(client, m.fallback)} {
		if name != "" && value != "" {
			query.Set(name, value)
		}
	}
	if key != "" {
		header.Set("Authorization", "Basic "+key)
	}
	var body io.Reader
	if m.method == http.MethodPost {
		body, u.RawQuery = strings.NewReader(query.Encode()), ""
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		u.RawQuery = query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, m.method, u.String(), body)
	if err == nil {
		req.Header = header
	}
	return req, err
}
