package formtest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// ErrNoNode says that there is no Node on this machine.
var ErrNoNode = errors.New("no Node: make nodes installs Node 20, 22 and 24")

// Nodes returns the programs of Node by their names: those that `make nodes` has
// installed below root, or the node in PATH. With AZSTEP_NODES=required, all three
// versions must be there.
func Nodes(root string) (map[string]string, error) {
	found := map[string]string{}
	installed, _ := filepath.Glob(root + "/bin/tools/node-*/node_modules/*/bin/node") // the pattern is correct
	for _, path := range installed {
		whole, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if exec.Command(whole, "--version").Run() == nil { // npm has it for Linux on x64
			found[filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(whole)))))] = whole
		}
	}
	if len(found) < 3 && os.Getenv("AZSTEP_NODES") == "required" {
		return nil, fmt.Errorf("only %d of Node 20, 22 and 24 are installed, and AZSTEP_NODES requires all: run make nodes", len(found))
	}
	if here, err := exec.LookPath("node"); err == nil && len(found) == 0 {
		found["node-here"] = here
	}
	if len(found) == 0 {
		return nil, ErrNoNode
	}
	return found, nil
}

// Newest returns the newest Node, for what does not depend on the version.
func Newest(root string) (string, error) {
	nodes, err := Nodes(root)
	if err != nil {
		return "", err
	}
	return nodes[slices.Max(slices.Collect(maps.Keys(nodes)))], nil
}
