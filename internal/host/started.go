package host

import (
	"path/filepath"
	"strings"
)

// Started is what the name says under which a start script or an entry point
// started the program. A variable cannot say it as well: any step of a job can set
// GITHUB_ACTIONS or TF_BUILD for the steps after it, and so could change what their
// inputs are, or keep a post step from revoking.
type Started struct {
	Kind Kind // empty where the environment decides
	Task bool // as the task of Azure Pipelines
	Post bool // the program is `azstep post`, whatever its arguments are
}

// StartedAs reads argv[0]. The names are those in action/main.js and action/post.js,
// in task/azstep/start.js, in docker/action.yml, and in earlier images.
func StartedAs(argv0 string) Started {
	switch strings.TrimSuffix(filepath.Base(argv0), ".exe") {
	case "azstep-github":
		return Started{Kind: GitHub}
	case "azstep-github-post": // an entry point is one word
		return Started{Kind: GitHub, Post: true}
	case "azstep-task":
		return Started{Kind: AzurePipelines, Task: true}
	case "azstep-post":
		return Started{Post: true}
	}
	return Started{}
}
