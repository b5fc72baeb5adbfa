package emulator

import "fmt"

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
