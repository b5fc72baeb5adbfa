package host

import (
	"path/filepath"
	"strings"
)

// Started is what the program's own name says about how it was started. Variables
// are not reliable for that: any step of a job can set GITHUB_ACTIONS or TF_BUILD
// for later steps, and could thus change their inputs, or keep a post step from
// revoking.
type Started struct {
	Kind Kind // empty if the environment decides
	Task bool // as the task of Azure Pipelines
	Post bool // the program is `azstep post`, whatever its arguments are
}

// StartedAs interprets argv[0]. The names are used in action/main.js and
// action/post.js, in task/azstep/start.js, in docker/action.yml, and in earlier
// images.
func StartedAs(argv0 string) Started {
	switch strings.TrimSuffix(filepath.Base(argv0), ".exe") {
	case "azstep-github":
		return Started{Kind: GitHub}
	case "azstep-github-post": // an entry point is a single word
		return Started{Kind: GitHub, Post: true}
	case "azstep-task":
		return Started{Kind: AzurePipelines, Task: true}
	case "azstep-post":
		return Started{Post: true}
	}
	return Started{}
}
