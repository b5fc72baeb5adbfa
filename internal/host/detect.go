package host

import (
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// switches are variables by which a CI system identifies itself; "false" and "0"
// mean that it is not one.
var switches = []string{
	"CI", "CONTINUOUS_INTEGRATION", "GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "GITEA_ACTIONS", "FORGEJO_ACTIONS",
	"BUILDKITE", "CIRCLECI", "CIRRUS_CI", "TRAVIS", "DRONE", "APPVEYOR", "SEMAPHORE", "BUDDY", "BITRISE_IO", "NETLIFY", "VERCEL",
	"SCREWDRIVER",
}

// traces are variables that a CI system sets in addition, and that are visible in
// containers and scripts where the switch is not.
var traces = []string{
	"AGENT_ID", "AGENT_JOBNAME", "BUILD_BUILDID", "SYSTEM_COLLECTIONURI", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI", // Azure Pipelines
	"GITHUB_RUN_ID", "GITHUB_WORKFLOW", "CI_JOB_ID", "CI_PIPELINE_ID", "JENKINS_URL", "TEAMCITY_VERSION", "BITBUCKET_BUILD_NUMBER",
	"CODEBUILD_BUILD_ID", "bamboo_buildKey", "GO_PIPELINE_NAME", "HARNESS_BUILD_ID", "PROW_JOB_ID", "CM_BUILD_ID", "BUILDKITE_BUILD_ID",
}

// Detect determines which host reads what azstep prints. A CI host that identifies
// itself cannot be overridden; otherwise AZSTEP_HOST decides. Without either, the
// host is local, unless this looks like a container or a CI system, because no
// secret may be printed to a log that cannot be masked. With an error, the Kind is
// Local, which is good enough to report it.
func Detect(env map[string]string, pid int) (Kind, error) {
	onGitHub := env["GITHUB_ACTIONS"] == "true" // set by actions/runner for every process
	onAzure := isTrue(env["TF_BUILD"])          // "True", set by azure-pipelines-agent
	switch named := strings.TrimSpace(env["AZSTEP_HOST"]); {
	case onGitHub && onAzure:
		return Local, ambiguous()
	case onGitHub:
		return GitHub, nil
	case onAzure:
		return AzurePipelines, nil
	case named != "":
		return parseKind(named)
	}
	if trace := suspicion(env, pid); trace != "" {
		return Local, unnamed(trace)
	}
	return Local, nil
}

func parseKind(named string) (Kind, error) {
	kind := Kind(named)
	if slices.Contains([]Kind{GitHub, AzurePipelines, Local}, kind) {
		return kind, nil
	}
	return Local, fault.New(fault.InvalidInput, "AZSTEP_HOST: %q is not a host that azstep knows", named).
		With("set AZSTEP_HOST to github, azure-pipelines or local")
}

// suspicion returns the reason why this may not be a laptop, or "".
func suspicion(env map[string]string, pid int) string {
	for _, key := range switches {
		if value := env[key]; value != "" && value != "0" && !strings.EqualFold(value, "false") {
			return key + " is set"
		}
	}
	for _, key := range traces {
		if env[key] != "" {
			return key + " is set"
		}
	}
	if pid == 1 {
		return "azstep is PID 1 in a container"
	}
	return ""
}

func unnamed(trace string) error {
	return fault.New(fault.InvalidInput, "azstep cannot tell which CI system reads this log (%s), so it does not get or print secrets", trace).With(
		"docker run in Azure Pipelines: pass -e TF_BUILD, or use the image for Azure Pipelines, which sets AZSTEP_HOST=azure-pipelines",
		"GitLab CI, Jenkins, Buildkite and others: set AZSTEP_HOST=local, and mint with `azstep exec`, which hides the token in the command's output",
		"anywhere else: set AZSTEP_HOST to the host that reads this log: github, azure-pipelines or local")
}

// ambiguous returns the error if both hosts are detected: masks in the wrong dialect
// would print the secrets that they should hide.
func ambiguous() error {
	return fault.New(fault.InvalidInput, "GITHUB_ACTIONS and TF_BUILD are both true, so azstep cannot tell which CI system this is").
		With("the host of this job sets one of them by itself: find where the other one is set (env: of the workflow, variables: of the pipeline, docker run -e) and remove it")
}

func isTrue(value string) bool { return strings.EqualFold(value, "true") }
