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
	resource     int // the number after preview, or 0
}

func (v apiVersion) atLeast(major, minor int) bool {
	return v.major > major || v.major == major && v.minor >= minor
}

// beyond reports whether a version is newer than another one, ignoring previews.
func (v apiVersion) beyond(other apiVersion) bool {
	return cmp.Or(v.major-other.major, v.minor-other.minor) > 0
}

// apiVersion returns the version in the query or the Accept header.
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

// checkVersion checks the version of a call: every method except GET must name a
// version that the location has (azure-devops-docs, rest-api-versioning.md), with
// preview if it is one. Discovery requests have no location and accept every
// version.
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
		problem.typeKey, problem.message = at.refuse(v, c.product)
	}
	if problem.typeKey == "" {
		return nil
	}
	return ended(c.vssError(http.StatusBadRequest, problem))
}

// refuse returns the exception for a version that the location does not have on
// this product, and its message, or "". Older resource versions are served too.
func (l *location) refuse(v apiVersion, on product) (typeKey, message string) {
	switch {
	case v.beyond(on.latest):
		return "VssVersionOutOfRangeException", outOfServer(v, on.latest)
	case l.oldest.beyond(v), v.resource > l.version:
		return "VssVersionOutOfRangeException", outOfRoute(v, l.template)
	case !v.preview && v.beyond(l.released(on)):
		return "VssInvalidPreviewVersionException", underPreview(v)
	}
	return "", ""
}

// The service's messages about versions (actions/runner, src/Sdk/Resources,
// WebApiResources.g.cs, which shares them with Azure DevOps).

func noVersion(method string) string {
	return fmt.Sprintf("No api-version was supplied for the %q request. The version must be supplied either as part of the Accept header (e.g. \"application/json; api-version=1.0\") or as a query parameter (e.g. \"?api-version=1.0\").", method)
}

func badVersion(text string) string {
	return fmt.Sprintf("Invalid api version string: %q. Api version string must be in the format: {Major}.{Minor}[-preview[.{ResourceVersion}]].", text)
}

func outOfServer(v, latest apiVersion) string {
	return fmt.Sprintf("The requested REST API version of %d.%d is out of range for this server. The latest REST API version this server supports is %s.", v.major, v.minor, latest.text)
}

func outOfRoute(v apiVersion, template string) string {
	return fmt.Sprintf("The request matched route %s, but the requested REST API version %s was outside the valid version range for this route.", template, v.text)
}

func underPreview(v apiVersion) string {
	return fmt.Sprintf("The requested version \"%d.%d\" of the resource is under preview. The -preview flag must be supplied in the api-version for such requests. For example: \"%[1]d.%[2]d-preview\"", v.major, v.minor)
}

// location is the address of a resource, and its versions. Clients look up the
// address by its id; [call.checkVersion] uses the versions.
type location struct {
	id, area, resource string
	template           string     // below the organization
	version            int        // of the resource: the latest -preview.N
	oldest             apiVersion // the oldest version that is supported
	since              apiVersion // the first version that is not a preview; 0.0 if all are previews
	first              apiVersion // the first version whose description has the resource; 0.0 if unknown
}

func release(major, minor int) apiVersion {
	return apiVersion{text: fmt.Sprintf("%d.%d", major, minor), major: major, minor: minor}
}

// locations returns the locations of all resources. Sources of the ids:
// azure-devops-node-api 17 and azure-devops-go-api (v7/tokens at 8c47d05 for PATs).
// Templates and oldest versions: a listing of a real organization in 2021
// (bryanbcook/az-devops-cli-examples, az_devops_invoke.json), completed from
// methodsandpractices/vsteam. The templates of queues, PATs and connection data are
// assumed, and so are the oldest versions of these and of the OIDC token.
//
// Resource versions and releases: the API descriptions of vsts-rest-api-specs, 6.0
// to 7.2. Listing the checks of many resources came with 6.1 (approvalsAndChecks).
// Pipelines, serviceEndpoint and distributedTask were previews before 7.0. No Server
// has a description of PATs (tokens).
func locations() []location {
	const within = "{project}/_apis/{area}/{resource}/"
	unreleased, r10, r70, always := release(0, 0), release(1, 0), release(7, 0), release(0, 0)
	return []location{
		{"00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}", 1, release(1, 0), unreleased, always},
		{"e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas", "_apis/{resource}/{areaId}", 1, release(3, 2), unreleased, always},
		{"603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}", 4, release(1, 0), r10, always},
		{"d30a3dd1-f8ba-442a-b86a-bd0c0c383e59", "core", "teams", "_apis/projects/{projectId}/{resource}/{*teamId}", 3, release(1, 0), r10, always},
		{"294c494c-2600-4d7e-b76c-3dd50c3c95be", "core", "members", "_apis/projects/{projectId}/teams/{teamId}/{resource}", 2, release(1, 0), r10, always},
		{"7a4d9ee9-3433-4347-b47a-7a80f1cf307e", "core", "teams", "_apis/{resource}", 3, release(4, 1), unreleased, always},
		{"dbeaf647-6167-421a-bda9-c9327b25e2e6", "Build", "Definitions", "{project}/_apis/build/{resource}/{definitionId}", 7, release(1, 0), r10, always},
		{"398c85bc-81aa-4822-947c-a194a05f0fef", "build", "authorizedresources", "{project}/_apis/{area}/{resource}", 1, release(5, 0), unreleased, always},
		{"28e1305e-2afe-47bf-abaf-cbb0e6a91988", "Pipelines", "pipelines", "{project}/_apis/{area}/{pipelineId}", 1, release(5, 1), r70, always},
		{"b5b9a4a4-e6cd-4096-853c-ab7d8b0c4eb2", "pipelinePermissions", "pipelinePermissions", "{project}/_apis/pipelines/{resource}/{resourceType}/{resourceId}", 1, release(5, 1), unreleased, always},
		{"86c8381e-5aee-4cde-8ae4-25c0c7f5eaea", "PipelinesChecks", "configurations", "{project}/_apis/pipelines/checks/{resource}/{id}", 1, release(5, 1), unreleased, always},
		{"5f3d0e64-f943-4584-8811-77eb495e831e", "PipelinesChecks", "queryconfigurations", "{project}/_apis/pipelines/checks/{resource}", 1, release(5, 1), unreleased, release(6, 1)},
		{"e85f1c62-adfc-4b74-b618-11a150fb195e", "serviceendpoint", "endpoints", within + "{endpointId}", 4, release(4, 1), r70, always},
		{"f5b09dd5-9d54-45a1-8b5a-1c8287d634cc", "distributedtask", "variablegroups", within + "{groupId}", 2, release(3, 1), r70, always},
		{"8572b1fc-2482-47fa-8f74-7e3ed53ee54b", "distributedtask", "environments", within + "{environmentId}", 1, release(5, 0), r70, always},
		{"d86b72de-d240-4d6f-8d06-08c2d66b015d", "environments", "environments", "{project}/_apis/pipelines/{resource}/{environmentId}", 1, release(5, 2), unreleased, always},
		{"900fa995-c559-4923-aae7-f8424fe4fbea", "distributedtask", "queues", within + "{queueId}", 1, release(2, 1), r70, always},
		{"adcfd8bc-b184-43ba-bd84-7c8c6a2ff421", "distributedtask", "securefiles", within + "{secureFileId}", 1, release(3, 2), unreleased, always},
		{"225f7195-f9c7-4d14-ab28-a83f7ff77e1f", "git", "repositories", within + "{repositoryId}", 2, release(1, 0), r10, always},
		{"69a319f4-28c1-4bfd-93e6-ea0ff5c6f1a2", "distributedtask", "oidctoken", "{scopeIdentifier}/_apis/{area}/hubs/{hubName}/plans/{planId}/jobs/{jobId}/{resource}", 1, release(5, 0), r70, always},
		{"55967393-20ef-45c6-a96c-b5d5d5986a9a", "Tokens", "Pats", "_apis/{area}/{resource}", 1, release(6, 1), unreleased, servicesOnly},
	}
}

// locate returns the location of a route's pattern, or nil.
func locate(pattern string, all []location) *location {
	below := strings.TrimPrefix(strings.TrimPrefix(pattern, "/"), "{org}/")
	for i := range all {
		if all[i].leadsTo(strings.Split(below, "/")) {
			return &all[i]
		}
	}
	return nil
}

// leadsTo reports whether a client that fills in the template, with or without its
// parameters, gets a path with these segments.
func (l location) leadsTo(segments []string) bool {
	for _, part := range strings.Split(l.template, "/") {
		part = strings.NewReplacer("{area}", l.area, "{resource}", l.resource).Replace(part)
		parameter := strings.HasPrefix(part, "{")
		switch {
		case len(segments) > 0 && (strings.EqualFold(part, segments[0]) || parameter && strings.HasPrefix(segments[0], "{")):
			segments = segments[1:]
		case !parameter:
			return false
		}
	}
	return len(segments) == 0
}
