package steps

import (
	"cmp"
	"strings"

	"github.com/azstep/azstep/internal/text"
)

// RunName describes where a credential comes from, for its default name: the
// repository or pipeline and the run, from the host's variables.
func RunName(env map[string]string) string {
	var name string
	switch {
	case env["GITHUB_REPOSITORY"] != "":
		name = env["GITHUB_REPOSITORY"] + " run " + env["GITHUB_RUN_ID"]
		if attempt := env["GITHUB_RUN_ATTEMPT"]; attempt != "" && attempt != "1" {
			name += " attempt " + attempt
		}
	case env["BUILD_BUILDID"] != "":
		pipeline := cmp.Or(env["BUILD_REPOSITORY_NAME"], env["BUILD_DEFINITIONNAME"], "pipeline")
		name = strings.TrimPrefix(env["SYSTEM_TEAMPROJECT"]+"/"+pipeline, "/") + " build " + env["BUILD_BUILDID"]
	default:
		name = "azstep"
	}
	return text.Clip(name, 150)
}
