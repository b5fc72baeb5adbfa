package emulator_test

import (
	"net/http"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

func TestVersions(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	user := w.bearer(emulator.TokenOptions{Scopes: "user_impersonation"})
	const (
		projects    = "/fabrikam/_apis/projects"
		permissions = "/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/environment/1"
		pipelines   = "/fabrikam/Fabrikam/_apis/pipelines"
	)
	for _, c := range []struct{ path, version, typeKey string }{
		{projects, "", ""},
		{projects, "1.0", ""},
		{projects, "7.1", ""},
		{projects, "7.0-preview.9", "VssVersionOutOfRangeException"},
		{projects, "7.1-preview.1", ""},
		{projects, "7.2-preview", ""},
		{projects, "7.2-preview.4", ""},
		{projects, "7.2-preview.5", "VssVersionOutOfRangeException"},
		{projects, "7.2", "VssInvalidPreviewVersionException"},
		{projects, "7.3-preview.1", "VssVersionOutOfRangeException"},
		{projects, "0.9", "VssVersionOutOfRangeException"},
		{projects, "7", "VssInvalidApiResourceVersionException"},
		{projects, "latest", "VssInvalidApiResourceVersionException"},
		{projects, "7.1-preview.", "VssInvalidApiResourceVersionException"},
		{projects, "7.1-preview1", "VssInvalidApiResourceVersionException"},
		{permissions, "", ""},
		{permissions, "7.1-preview", ""},
		{permissions, "7.1", "VssInvalidPreviewVersionException"},
		{permissions, "5.0-preview.1", "VssVersionOutOfRangeException"},
		{pipelines, "5.0", "VssVersionOutOfRangeException"},
		{pipelines, "6.0", ""},
	} {
		for _, header := range []bool{false, true} {
			path, accept := c.path, "Accept: application/json"
			switch {
			case c.version == "":
			case header:
				accept += ";api-version=" + c.version
			default:
				path += "?api-version=" + c.version
			}
			got := w.send(http.MethodGet, path, user, nil, accept)
			var refused struct{ TypeKey string }
			got.json(t, &refused)
			if refused.TypeKey != c.typeKey || (got.status == http.StatusBadRequest) != (c.typeKey != "") {
				t.Errorf("%s, %s: %d %s", path, accept, got.status, got.body)
			}
		}
	}
}
