package client

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// latestServed is how an Azure DevOps Server says which version of its API is the newest
// that it knows: WebApiResources.resx, VssVersionOutOfRange.
var latestServed = pattern.New(`latest REST API version this server supports is (\d{1,2})\.(\d{1,2})`)

// oldestServed is the oldest version that is asked for: Azure DevOps Server 2020. What is
// called has the same form in 6.0 as in 7.1 (vsts-rest-api-specs, core, build,
// distributedTask, git, serviceEndpoint and pipelinePermissions).
const oldestServed = "6.0"

const oldServer = "azstep needs Azure DevOps Server 2020 or newer (API version " + oldestServed + ")"

// olderVersion asks a Server that does not know the version of a call yet for the newest
// one that it names.
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

// servedVersion is the version that a refusal names and that azstep can ask for, or "".
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

// isOlder compares versions of two numbers.
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

// tooOld says which Server is old enough, where a version is refused for good.
func tooOld(e devopsError, f *fault.Error) *fault.Error {
	if strings.HasPrefix(e.TypeKey, "VssVersionOutOfRange") || strings.HasPrefix(e.TypeKey, "VssInvalidPreviewVersion") {
		f.Hints = []string{oldServer}
	}
	return f
}
