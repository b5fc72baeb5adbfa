package emulator

import (
	"slices"
	"strings"
)

// resource is an API that tokens are for.
type resource struct {
	name     string // as in the seed
	audience string // aud of its tokens
	ids      []string
}

// resources are the APIs that the emulator's tenants know, with the ways to
// write them in a scope.
func resources() []resource {
	return []resource{
		{"azure-devops", AzureDevOps, []string{AzureDevOps, "https://app.vssps.visualstudio.com"}},
		{"iot-central", IoTCentral, []string{IoTCentral, "9edfcdd9-0bc5-4bd4-b287-c3afc716aac7"}},
	}
}

// requestedScopes splits the scope parameter into one resource and the names of
// its permissions. The scopes of OpenID Connect, which MSAL adds to everything,
// name no resource.
func requestedScopes(t *tenant, scope string) (found resource, names []string, problem *aadsts) {
	for _, scope := range fields(scope) {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, scope) {
			continue
		}
		r, name, ok := splitScope(scope)
		switch {
		case !ok && !strings.Contains(scope, "/"):
			return found, nil, ref(graphScope(scope))
		case !ok:
			return found, nil, ref(unknownResource(scope, t.Domain))
		case found.name != "" && found.name != r.name:
			return found, nil, ref(twoResources(scope))
		}
		found, names = r, append(names, name)
	}
	if len(names) == 0 {
		return found, nil, ref(missingParameter("scope"))
	}
	return found, names, nil
}

// splitScope cuts "https://host/path/permission" before the permission. A
// resource whose identifier ends with a slash has two of them there.
func splitScope(scope string) (resource, string, bool) {
	cut := strings.LastIndexByte(scope, '/')
	if cut < 0 {
		return resource{}, "", false
	}
	id := strings.ToLower(strings.TrimSuffix(scope[:cut], "/"))
	for _, r := range resources() {
		if slices.Contains(r.ids, id) {
			return r, scope[cut+1:], true
		}
	}
	return resource{}, "", false
}
