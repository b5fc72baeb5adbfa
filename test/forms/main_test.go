package forms

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

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

// programName returns the file name that the start script looks for on this machine.
func programName() string {
	platform := map[string]string{"windows": "win32"}[runtime.GOOS]
	if platform == "" {
		platform = runtime.GOOS
	}
	arch := map[string]string{"amd64": "x64"}[runtime.GOARCH]
	if arch == "" {
		arch = runtime.GOARCH
	}
	name := "azstep-" + platform + "-" + arch
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
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
	found := map[string]string{}
	installed, _ := filepath.Glob(root + "/bin/tools/node-*/node_modules/*/bin/node")
	for _, path := range installed {
		whole, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		if exec.Command(whole, "--version").Run() == nil { // npm has it for Linux on x64
			found[filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(whole)))))] = whole
		}
	}
	if len(found) < 3 && os.Getenv("AZSTEP_NODES") == "required" {
		t.Fatalf("Node 20, 22 and 24 are required, and make nodes installed %d of them", len(found))
	}
	if here, err := exec.LookPath("node"); err == nil && len(found) == 0 {
		found["node-here"] = here
	}
	if len(found) == 0 {
		t.Skip("no Node: make nodes installs Node 20, 22 and 24")
	}
	return found
}

// oneNode returns the newest Node that is installed, for tests that do not depend on
// it.
func oneNode(t *testing.T) string {
	t.Helper()
	newest := ""
	nodes := findNodes(t)
	for name := range nodes {
		if strings.Compare(name, newest) > 0 {
			newest = name
		}
	}
	return nodes[newest]
}
