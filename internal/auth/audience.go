package auth

import (
	"slices"
	"strings"
)

// exchangeAudience is the audience that Entra requires in a federated assertion in
// the public cloud: learn.microsoft.com, "Workload identity federation".
const exchangeAudience = "api://AzureADTokenExchange"

// exchangeAppID is the application with this audience. Assertions that Entra itself
// issues, for newer connections of Azure Pipelines, contain its id.
const exchangeAppID = "fb60f99c-7a34-4190-8149-302f77469936"

// sovereign lists the authorities of the other clouds with their audiences:
// learn.microsoft.com, "Workload identity federation considerations".
var sovereign = []struct{ authority, audience string }{
	{"login.microsoftonline.us", exchangeAudience + "USGov"},
	{"login.partner.microsoftonline.cn", exchangeAudience + "China"},
}

// audience returns the audience to request from the CI host, and to require of an
// assertion from elsewhere: the input, or that of the authority's cloud.
func (c *chooser) audience() string {
	if c.in.Audience != "" {
		return c.in.Audience
	}
	host := strings.ToLower(c.in.authority().Host)
	for _, cloud := range sovereign {
		if host == cloud.authority {
			return cloud.audience
		}
	}
	return exchangeAudience
}

// isExchange reports whether the token is meant for the exchange in one of the
// clouds.
func (c claims) isExchange() bool {
	all := []string{exchangeAudience, exchangeAppID}
	for _, cloud := range sovereign {
		all = append(all, cloud.audience)
	}
	return c.hasAudience(all...)
}

// isFor reports whether the assertion is for the audience. Entra identifies its own
// by id.
func (c claims) isFor(audience string) bool {
	return slices.Contains(c.audience, audience) ||
		strings.HasPrefix(audience, exchangeAudience) && slices.Contains(c.audience, exchangeAppID)
}
