//go:build unix

package faults

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
)

// windowsRun names the variable with a command that runs Windows programs here.
const windowsRun = "AZSTEP_WINDOWS_RUN"

// builtForWindows is the program for Windows, built on first use.
var builtForWindows = sync.OnceValues(func() (string, error) {
	exe := filepath.Join(scratch, "azstep.exe")
	cmd := exec.Command("go", append(append([]string{"build", "-o", exe}, small...), "github.com/azstep/azstep")...)
	cmd.Env = append(os.Environ(), "GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0")
	said, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("build azstep for Windows: %w: %s", err, said)
	}
	return exe, err
})

// TestLeakHuntOnWindows is [TestLeakHunt] with the program for Windows, for a scenario
// of each way to authenticate, and for services that repeat what they are sent.
func TestLeakHuntOnWindows(t *testing.T) {
	t.Parallel()
	if os.Getenv(windowsRun) == "" {
		t.Skip(windowsRun + " names no command that runs programs for Windows")
	}
	places := []where{{hosttest.GitHub, true, wine}, {hosttest.GitHub, false, wine}, {hosttest.Local, false, wine}}
	hunts := hunts{turns: make(chan struct{}, 2)}
	for n, s := range scenarios() {
		if s.words != nil || s.on != nil {
			continue // a shell's command, a terminal, a browser, or one host's own way
		}
		at := places[n%len(places)]
		for i, mirror := range append([]reflection{{}}, reflections()...) {
			if i > 0 && !*full && (i+n)%12 != 0 {
				continue
			}
			hunts.start(t, s, at, mirror)
		}
	}
	hunts.work.Wait()
}

// onWindows is an environment whose paths are those of Windows. Wine needs a few
// variables of this machine.
func onWindows(env map[string]string) []string {
	there := maps.Clone(env)
	for name, value := range env {
		if filepath.IsAbs(value) && name != "PATH" {
			there[name] = `Z:` + strings.ReplaceAll(value, "/", `\`)
		}
	}
	delete(there, "HOME")
	delete(there, "TMPDIR")
	there["LC_ALL"] = "C.UTF-8" // or Wine would change letters that are not ASCII
	for _, name := range []string{"HOME", "WINEPREFIX", "XDG_CACHE_HOME"} {
		if value := os.Getenv(name); value != "" {
			there[name] = value
		}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(there)) {
		all = append(all, name+"="+there[name])
	}
	return all
}
