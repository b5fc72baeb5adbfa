// Command azstep gets short-lived Azure DevOps and IoT Central credentials for
// one CI job, and makes sure of teams and pipeline permissions. It runs as a
// GitHub action, as a step of Azure Pipelines, and on a laptop.
package main

import (
	_ "embed"
	"os"

	"github.com/azstep/azstep/internal/command"
)

//go:embed action.yml
var manifest []byte

// version and commit are set by the linker, see tools/release.
var version, commit string

func main() {
	os.Exit(command.Main(manifest, command.Build{Version: version, Commit: commit}))
}
