package forms

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/test/formtest"
	"github.com/azstep/azstep/test/program"
)

// root is the root of the module.
const root = "../.."

// built is the path of the program under test.
var built string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "azstep-forms-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = filepath.Join(dir, "azstep.exe") // the name has no effect here
	if err := program.Build(built); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// onEveryNode runs a test with each Node that is installed.
func onEveryNode(t *testing.T, test func(t *testing.T, node string)) {
	t.Helper()
	nodes := findNodes(t)
	for name, node := range nodes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, node)
		})
	}
}

// findNodes returns the programs of Node by name.
func findNodes(t *testing.T) map[string]string {
	t.Helper()
	found, err := formtest.Nodes(root)
	if errors.Is(err, formtest.ErrNoNode) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// oneNode returns the newest Node that is installed, for tests that do not depend on
// it.
func oneNode(t *testing.T) string {
	t.Helper()
	findNodes(t)
	node, err := formtest.Newest(root)
	if err != nil {
		t.Fatal(err)
	}
	return node
}
