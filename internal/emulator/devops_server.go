package emulator

import (
	"fmt"
	"strings"
)

// product is what the emulator plays: Azure DevOps Services or an Azure DevOps Server.
type product struct {
	name     string
	server   bool
	latest   apiVersion // the latest version that it accepts, at least as a preview
	released apiVersion // the latest version that is not only a preview
}

// services is Azure DevOps Services, whose latest version is a preview.
func services() product {
	return product{latest: release(7, 2), released: release(7, 1)}
}

// servers lists the Azure DevOps Servers that the emulator can play. Their versions
// come from azure-devops-docs, rest-api-versioning.md. A Server 2020 that names 6.1
// as its latest version is in microsoft/azure-devops-extension-sample#161; that it
// is Update 1 is assumed. No resource was released in 6.1.
func servers() []product {
	return []product{
		{name: "2022", server: true, latest: release(7, 0), released: release(7, 0)},
		{name: "2020.1", server: true, latest: release(6, 1), released: release(6, 0)},
		{name: "2020", server: true, latest: release(6, 0), released: release(6, 0)},
		{name: "2019", server: true, latest: release(5, 0), released: release(5, 0)},
	}
}

// servicesOnly marks a resource that no Azure DevOps Server has.
var servicesOnly = apiVersion{text: "never"}

// has reports whether the product has a resource. Discovery requests have no
// location; every product has them.
func (p product) has(l *location) bool {
	return l == nil || !p.server || l.first != servicesOnly && !l.first.beyond(p.latest)
}

// released returns the newest version in which the resource is not a preview.
func (l *location) released(on product) apiVersion {
	if l.since == release(0, 0) || l.since.beyond(on.released) {
		return release(0, 0)
	}
	return on.released
}

// deployment is DeploymentFlags of the connection data.
func (p product) deployment() string {
	if p.server {
		return "onPremises"
	}
	return "hosted"
}

// SetServerVersion makes the emulator answer like an Azure DevOps Server: 2022,
// 2020.1, 2020 or 2019. With "", it is Azure DevOps Services again.
func (s *Server) SetServerVersion(version string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setServerVersion(version)
}

func (st *state) setServerVersion(version string) error {
	p, err := findProduct(version)
	if err == nil {
		st.product = p
	}
	return err
}

func findProduct(version string) (product, error) {
	if version == "" {
		return services(), nil
	}
	var names []string
	for _, p := range servers() {
		if p.name == version {
			return p, nil
		}
		names = append(names, p.name)
	}
	return product{}, fmt.Errorf("the emulator does not know Azure DevOps Server %q; use %s", version, strings.Join(names, ", "))
}

// controlServer takes the version of [Server.SetServerVersion]: {"version":"2020"}.
func controlServer(c *call) reply {
	var body struct{ Version string }
	if err := c.decodeOptions(&body); err != nil {
		return badControl(err)
	}
	if err := c.setServerVersion(body.Version); err != nil {
		return badControl(err)
	}
	return noContent()
}
