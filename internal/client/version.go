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

// oldestServed is the oldest version that azstep requests: Azure DevOps Server 2020.
// The APIs that azstep calls have the same form in 6.0 as in 7.1
// (vsts-rest-api-specs, core, build, distributedTask, git, serviceEndpoint and
// pipelinePermissions).
const oldestServed = "6.0"

const oldServer = "azstep needs Azure DevOps Server 2020 or newer (API version " + oldestServed + ")"

// olderVersion retries a call whose version the Server does not support with the
// latest version that the Server names.
func olderVersion(a transport.Answer) func(*url.URL) *url.URL {
	version := servedVersion(a)
	if version == "" {
		return nil
	}
	return func(u *url.URL) *url.URL {
		query := u.Query()
		number, preview, isPreview := strings.Cut(query.Get("api-version"), "-")
		if !isOlder(version, number) {
			return u
		}
		if number = version; isPreview {
			number += "-" + preview
		}
		query.Set("api-version", number)
		older := *u
		older.RawQuery = query.Encode()
		return &older
	}
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
