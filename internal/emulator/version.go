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
}

func (v apiVersion) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
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
	_, err3 := strconv.ParseUint(cmp.Or(strings.TrimPrefix(preview, "."), "1"), 10, 8)
	if err := errors.Join(err1, err2, err3); err != nil {
		return apiVersion{}, fmt.Errorf("the api-version %q is not a version", text)
	}
	return apiVersion{text, int(major), int(minor), isPreview}, nil
}

// checkVersion holds a call to the rules of azure-devops-docs,
// rest-api-versioning.md: everything but GET must name a version that exists,
// and a preview one where the route has nothing else.
func (c *call) checkVersion() *reply {
	v, given, err := c.apiVersion()
	problem := vssProblem{namespace: "Microsoft.VisualStudio.Services.WebApi"}
	switch {
	case !given && c.request.Method == http.MethodGet:
		return nil
	case !given:
		problem.typeKey = "VssVersionNotSpecifiedException"
		problem.message = fmt.Sprintf("No api-version was supplied for the %q request. The version must be supplied either as part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\").", c.request.Method)
	case err != nil || v.atLeast(7, 3) || !v.atLeast(1, 0):
		problem.typeKey = "VssVersionOutOfRangeException"
		problem.message = "The requested REST API version is out of range for this server. The latest REST API version this server supports is 7.2."
	case c.route.preview && !v.preview:
		problem.typeKey = "VssInvalidPreviewVersionException"
		problem.message = fmt.Sprintf("The requested version \"%d.%d\" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: \"%[1]d.%[2]d-preview\"", v.major, v.minor)
	default:
		return nil
	}
	return ended(c.vssError(http.StatusBadRequest, problem))
}
