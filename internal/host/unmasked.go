package host

// unmasked lists CI systems that mask only what they knew before the job began, with
// a variable that each sets.
var unmasked = []struct{ variable, name string }{
	{"GITLAB_CI", "GitLab CI"}, {"JENKINS_URL", "Jenkins"}, {"BUILDKITE", "Buildkite"}, {"CIRCLECI", "CircleCI"},
	{"TEAMCITY_VERSION", "TeamCity"}, {"TRAVIS", "Travis CI"}, {"BITBUCKET_BUILD_NUMBER", "Bitbucket Pipelines"},
	{"CODEBUILD_BUILD_ID", "AWS CodeBuild"}, {"DRONE", "Drone"}, {"APPVEYOR", "AppVeyor"}, {"CIRRUS_CI", "Cirrus CI"},
	{"SEMAPHORE", "Semaphore"}, {"BITRISE_IO", "Bitrise"}, {"GO_PIPELINE_NAME", "GoCD"}, {"bamboo_buildKey", "Bamboo"},
	{"HARNESS_BUILD_ID", "Harness"}, {"PROW_JOB_ID", "Prow"}, {"CM_BUILD_ID", "Codemagic"},
}

// Unmasked names the CI system that logs stdout, if it cannot be told to mask a new
// secret; otherwise it returns "". A job on such a system has set the host to local.
// With exec, stdout belongs to the command, and azstep itself hides the secret in
// it.
func (h *Host) Unmasked() string {
	if h.opts.Kind != Local || h.opts.Exec {
		return ""
	}
	for _, system := range unmasked {
		if value := h.opts.Env[system.variable]; value != "" && value != "0" && value != "false" {
			return system.name
		}
	}
	return ""
}
