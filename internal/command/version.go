package command

import (
	_ "embed"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Build is what the linker writes into the program: tools/release, .goreleaser.yaml
// and the Dockerfile set both fields, `go build` and `go install` set neither.
type Build struct {
	Version string // such as v1.2.3
	Commit  string // of the sources, in hex
}

// origin is the commit of the sources in the tree of a release, and empty in the
// sources themselves. Go does not tell `go install` which commit a tag is.
//
//go:embed origin.txt
var origin string

// version returns the version that the program reports to users and to services.
func (b Build) version() string {
	if b.Version != "" {
		return b.Version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// line is the output of `azstep version`.
func (b Build) line() string {
	return fmt.Sprintf("azstep %s (commit %s, %s, %s/%s)\n", b.version(), b.commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func (b Build) commit() string {
	if b.Commit != "" {
		return b.Commit
	}
	if commit := strings.TrimSpace(origin); commit != "" {
		return commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return commitOf(info)
}

// commitOf returns the commit that Go knows: that of a build in a repository, or
// that of a module without a tag, whose version ends with its first digits.
func commitOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if commit := settings["vcs.revision"]; commit != "" {
		if settings["vcs.modified"] == "true" {
			commit += "-dirty"
		}
		return commit
	}
	version, _, _ := strings.Cut(info.Main.Version, "+")
	if parts := strings.Split(version, "-"); len(parts) >= 3 && len(parts[len(parts)-1]) == 12 {
		return parts[len(parts)-1]
	}
	return "unknown"
}
