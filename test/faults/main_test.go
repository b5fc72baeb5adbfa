//go:build unix

package faults

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/test/program"
)

var (
	full   = flag.Bool("full", false, "run everything, not the short form")
	only   = flag.String("only", "", "run the cells of the matrix whose names match this regular expression")
	seeds  = flag.Uint64("seeds", 1, "the seed of the first injection; those after it count on")
	update = flag.Bool("update", false, "write docs/fault-matrix.md from this run; needs -full")
	runs   = flag.Int("runs", 100, "how often a soak runs azstep, at least")
	seed   = flag.Uint64("seed", rand.Uint64(), "what the jobs of a soak come from")
	lone   = flag.Int("job", -1, "play this job of a soak, and no other")
)

// root is the root of the module.
const root = "../.."

// scratch is where the program is built. It is removed after all tests.
var scratch string

// built is azstep, laidOut its forms that Node starts, and builtEmulator the emulator;
// all are built on first use.
var (
	built = sync.OnceValues(func() (string, error) {
		path := filepath.Join(scratch, "azstep")
		return path, program.Build(path, small...)
	})
	laidOut       = sync.OnceValues(layOut)
	builtEmulator = sync.OnceValues(buildEmulator)
)

// small builds a program as releases are built.
var small = []string{"-trimpath", "-tags=nethttpomithttp2", "-ldflags=-s -w"}

func buildEmulator() (path string, err error) {
	path = filepath.Join(scratch, "azstep-emulator")
	// With HTTP/2, which the emulator offers and which releases of azstep leave out.
	said, err := exec.Command("go", "build", "-trimpath", "-o", path, "github.com/azstep/azstep/cmd/azstep-emulator").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build the emulator: %w: %s", err, said)
	}
	return path, err
}

func TestMain(m *testing.M) {
	if report := os.Getenv(reportTo); report != "" {
		os.Exit(launch(report))
	}
	var err error
	if scratch, err = os.MkdirTemp("", "azstep-faults-*"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch)
	os.Exit(code)
}

// TestSources reads the source files of azstep: the cache of test results depends on
// the files that a test opens, but not on those that the compiler reads.
func TestSources(t *testing.T) {
	t.Parallel()
	read := 0
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && strings.HasPrefix(name, ".") && path != root:
			return filepath.SkipDir
		case filepath.Ext(name) != ".go" && name != "go.mod" && name != "action.yml":
			return nil
		}
		read++
		_, err = os.ReadFile(path)
		return err
	})
	if err != nil || read < 50 {
		t.Errorf("%d files read: %v", read, err)
	}
}
