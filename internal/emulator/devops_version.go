package emulator

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// apiVersion is a version of the REST API: "7.1" or "7.1-preview.1".
type apiVersion struct {
	text         string
	major, minor int
	preview      bool
	resource     int // the number behind preview; 0 if there is none
}

func (v apiVersion) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// beyond tells whether a version is newer than another one, previews apart.
func (v apiVersion) beyond(other apiVersion) bool {
	return cmp.Or(v.major-other.major, v.minor-other.minor) > 0
}

// apiVersion is what was asked for, in the query or the Accept header.
func (c *call) apiVersion() (version apiVersion, given bool, err error) {
	text := c.query.Get("api-version")
	if text == "" {
		_, rest, found := strings.Cut(strings.ToLower(c.header("Accept")), "api-version=")
		if !found {
			return apiVersion{}, false, nil
		}
		text = rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789.-previw"))]
	}
	version, err = parseVersion(text)
	return version, true, err
}

func parseVersion(text string) (apiVersion, error) {
	number, preview, isPreview := strings.Cut(text, "-preview")
	first, second, _ := strings.Cut(number, ".")
	major, err1 := strconv.ParseUint(first, 10, 8)
	minor, err2 := strconv.ParseUint(second, 10, 8)
	resource, err3 := uint64(0), error(nil)
	if preview != "" {
		resource, err3 = strconv.ParseUint(strings.TrimPrefix(preview, "."), 10, 8)
	}
	if err := errors.Join(err1, err2, err3); err != nil || preview != "" && preview[0] != '.' {
		return apiVersion{text: text}, fmt.Errorf("the api-version %q is not a version", text)
	}
	return apiVersion{text, int(major), int(minor), isPreview, int(resource)}, nil
}

// checkVersion holds a call to the versions of its location: everything but GET
// must name one that exists (azure-devops-docs, rest-api-versioning.md), and say
// preview where it is one. What finds the locations has none, and takes any.
func (c *call) checkVersion() *reply {
	at := c.route.location
	v, given, err := c.apiVersion()
	if at == nil || !given && c.request.Method == http.MethodGet {
		return nil
	}
	problem := vssProblem{namespace: "Microsoft.VisualStudio.Services.WebApi"}
	switch {
	case !given:
		problem.typeKey, problem.message = "VssVersionNotSpecifiedException", noVersion(c.request.Method)
	case err != nil:
		problem.typeKey, problem.message = "VssInvalidApiResourceVersionException", badVersion(v.text)
	default:
		problem.typeKey, problem.message = at.refuse(v)
	}
	if problem.typeKey == "" {
		return nil
	}
	return ended(c.vssError(http.StatusBadRequest, problem))
}

// refuse is the exception for a version that the location does not have, and its
// message; "" if it has it. Older resource versions than the newest are served.
func (l *location) refuse(v apiVersion) (typeKey, message string) {
	switch {
	case v.beyond(latest()):
		return "VssVersionOutOfRangeException", outOfServer(v)
	case l.oldest.beyond(v), v.resource > l.version:
		return "VssVersionOutOfRangeException", outOfRoute(v, l.template)
	case !v.preview && v.beyond(l.released):
		return "VssInvalidPreviewVersionException", underPreview(v)
	}
	return "", ""
}

// The service's messages about versions: actions/runner, src/Sdk/Resources,
// WebApiResources.g.cs, which has them in common with Azure DevOps.

func noVersion(method string) string {
	return fmt.Sprintf("No api-version was supplied for the %q request. The version must be supplied either as part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\").", method)
}

func badVersion(text string) string {
	return fmt.Sprintf("Invalid api version string: %q. Api version string must be in the format: {Major}.{Minor}[-preview[.{ResourceVersion}]].", text)
}

func outOfServer(v apiVersion) string {
	return fmt.Sprintf("The requested REST API version of %d.%d is out of range for this server. The latest REST API version this server supports is %s.", v.major, v.minor, latest().text)
}

func outOfRoute(v apiVersion, template string) string {
	return fmt.Sprintf("The request matched route %s, but the requested REST API version %s was outside the valid version range for this route.", template, v.text)
}

func underPreview(v apiVersion) string {
	return fmt.Sprintf("The requested version \"%d.%d\" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: \"%[1]d.%[2]d-preview\"", v.major, v.minor)
}
