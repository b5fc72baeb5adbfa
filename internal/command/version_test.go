package command

import (
	"regexp"
	"runtime/debug"
	"testing"
)

func TestVersionIsOneLine(t *testing.T) {
	t.Parallel()
	shape := regexp.MustCompile(`^azstep v1\.2\.3 \(commit 0123abcd, go1\.\S+, [a-z0-9]+/[a-z0-9]+\)\n$`)
	if got := (Build{Version: "v1.2.3", Commit: "0123abcd"}).line(); !shape.MatchString(got) {
		t.Error(got)
	}
}

func TestCommitOf(t *testing.T) {
	t.Parallel()
	const commit = "3dc0bad3dc0bad3dc0bad3dc0bad3dc0bad3dc0b"
	for want, info := range map[string]debug.BuildInfo{
		commit:            {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "false"}}},
		commit + "-dirty": {Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "true"}}},
		"abbf97f0c3a1":    {Main: debug.Module{Version: "v0.0.0-20261129143000-abbf97f0c3a1"}},
		"unknown":         {Main: debug.Module{Version: "v1.2.3"}},
	} {
		if got := commitOf(&info); got != want {
			t.Errorf("%+v: %s", info, got)
		}
	}
}
