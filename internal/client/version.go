package client

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// latestServed matches the message in which an Azure DevOps Server names the latest
// version of its API: WebApiResources.resx, VssVersionOutOfRange.
var latestServed = pattern.New(`latest REST API version this server supports is (\d{1,2})\.(\d{1,2})`)

// released lists the API versions, newest first, that azstep uses on Azure DevOps
// Servers that do not support 7.1: 2022.0 and 2020. The APIs that azstep calls have the
// same form in all of them (vsts-rest-api-specs, core, build, distributedTask, git,
// serviceEndpoint and approvalsAndChecks).
func released() []string { return []string{"7.0", oldestServed} }

const oldestServed = "6.0"

const oldServer = "azstep needs Azure DevOps Server 2020 or newer (API version " + oldestServed + ")"

// previewBefore70 matches the paths of APIs that were previews in 6.0 and 6.1
// (vsts-rest-api-specs, distributedTask and serviceEndpoint).
var previewBefore70 = pattern.New(`/_apis/(distributedtask|serviceendpoint)/`)

// olderVersion retries a call whose version the Server does not support with a
// version that it does.
func olderVersion(a transport.Answer) func(*url.URL) *url.URL {
	latest := servedVersion(a)
	if latest == "" {
		return nil
	}
	return func(u *url.URL) *url.URL {
		query := u.Query()
		asked := query.Get("api-version")
		if number, _, _ := strings.Cut(asked, "-"); !isOlder(latest, number) {
			return u
		}
		query.Set("api-version", older(asked, latest, u.Path))
		changed := *u
		changed.RawQuery = query.Encode()
		return &changed
	}
}

// older returns the version in which a Server with this latest version has an API.
// Previews are in the latest one. The latest one may have nothing but previews, as 6.1
// of Server 2020 Update 1 does, so other APIs use the last version known as released.
func older(asked, latest, path string) string {
	_, preview, isPreview := strings.Cut(asked, "-")
	switch {
	case isPreview:
		return latest + "-" + preview
	case isOlder(latest, "7.0") && previewBefore70.MatchString(path):
		return latest + "-preview"
	}
	for _, version := range released() {
		if !isOlder(latest, version) {
			return version
		}
	}
	return latest
}

// servedVersion returns the version in a refusal, if azstep can use it, or "".
func servedVersion(a transport.Answer) string {
	var e devopsError
	a.Decode(&e)
	found := latestServed.FindStringSubmatch(e.message())
	if a.Status != 400 || !strings.HasPrefix(e.TypeKey, "VssVersionOutOfRange") || found == nil {
		return ""
	}
	if version := found[1] + "." + found[2]; !isOlder(version, oldestServed) {
		return version
	}
	return ""
}

// isOlder compares versions of the form major.minor.
func isOlder(version, than string) bool {
	a, b := versionNumber(version), versionNumber(than)
	return a < b
}

func versionNumber(version string) int {
	major, minor, _ := strings.Cut(version, ".")
	first, _ := strconv.Atoi(major)
	second, _ := strconv.Atoi(minor)
	return first*100 + second
}

// tooOld says which Server version is required if the call cannot be made with any
// version.
func tooOld(e devopsError, f *fault.Error) *fault.Error {
	if strings.HasPrefix(e.TypeKey, "VssVersionOutOfRange") || strings.HasPrefix(e.TypeKey, "VssInvalidPreviewVersion") {
		f.Hints = []string{oldServer}
	}
	return f
}
