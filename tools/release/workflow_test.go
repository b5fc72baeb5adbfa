package main

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// workflow holds the parts of release.yml that the tests read.
type workflow struct {
	Permissions map[string]string
	Jobs        map[string]struct {
		Needs       any
		Environment string
		Permissions map[string]string
		Uses        string
		Steps       []workflowStep
	}
}

type workflowStep struct{ Name, Uses, Run string }

func readWorkflow(t *testing.T) (w workflow, text string) {
	t.Helper()
	text = read(t, filepath.Join(root, ".github", "workflows", "release.yml"))
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatal(err)
	}
	if len(w.Jobs) < 8 {
		t.Fatalf("%d jobs", len(w.Jobs))
	}
	return w, text
}

// Every job that writes to the repository, the registry or the signature log must
// wait for a person's approval.
func TestJobsThatWriteHaveTheEnvironment(t *testing.T) {
	t.Parallel()
	w, _ := readWorkflow(t)
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
		t.Errorf("permissions of the workflow: %v", w.Permissions)
	}
	for name, job := range w.Jobs {
		writes := false
		for _, permission := range job.Permissions {
			writes = writes || permission == "write"
		}
		if writes != (job.Environment == "release") {
			t.Errorf("%s: permissions %v, environment %q", name, job.Permissions, job.Environment)
		}
	}
}

// Between jobs, an image is identified by its digest, and a folder of files by the
// checksum of its checksums. A tag could have been moved meanwhile.
func TestJobsReferToResultsByDigest(t *testing.T) {
	t.Parallel()
	w, text := readWorkflow(t)
	if byTag := regexp.MustCompile(`imagetools inspect|docker (?:pull|create|run)[^\n]*\$(?:IMAGE|image):`).FindString(text); byTag != "" {
		t.Errorf("an image is referenced by its tag: %s", byTag)
	}
	for name, job := range w.Jobs {
		takes := slices.IndexFunc(job.Steps, func(s workflowStep) bool {
			return strings.HasPrefix(s.Uses, "actions/download-artifact@")
		})
		if takes < 0 {
			continue
		}
		after := job.Steps[takes+1:]
		checked := slices.IndexFunc(after, func(s workflowStep) bool {
			return strings.Contains(s.Run, "sha256sum") && regexp.MustCompile(`= "\$(DIGEST|PROGRAMS)"`).MatchString(s.Run)
		})
		if checked < 0 {
			t.Errorf("%s uses files of another job without comparing their digest", name)
		}
	}
}

// Every action must be pinned by its commit, with the version beside it.
func TestActionsArePinned(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(root, ".github", "workflows", "*.yml"))
	if err != nil || len(paths) < 4 {
		t.Fatalf("%v, %v", paths, err)
	}
	uses := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (.*)$`)
	pinned := regexp.MustCompile(`^\./|^[\w./-]+@[0-9a-f]{40} # v\d`)
	for _, path := range paths {
		for _, m := range uses.FindAllStringSubmatch(read(t, path), -1) {
			if !pinned.MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned", path, m[1])
			}
		}
	}
}

// The documented verification must name the workflow and the branch: without them,
// any workflow in the repository could have signed.
func TestDocumentedVerificationNamesTheWorkflow(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range append(paths, filepath.Join(root, "README.md")) {
		text := strings.ReplaceAll(read(t, path), "\\\n", " ")
		for line := range strings.Lines(text) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "gh attestation verify")
			if !ok {
				continue
			}
			found++
			if !strings.Contains(command, "--signer-workflow azstep/azstep/.github/workflows/release.yml") || !strings.Contains(command, "--source-ref refs/heads/main") {
				t.Errorf("%s: %s", path, line)
			}
		}
	}
	if found == 0 {
		t.Error("no page says how to verify a release")
	}
}
