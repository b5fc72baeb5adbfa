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

// version is set by the release build; a build from source knows its commit.
var version = ""

func main() {
	os.Exit(command.Main(manifest, version))
}
