//go:build unix

package kills

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/test/program"
)

// binary is azstep, built once.
var binary string

// The lanes bound how many azsteps run at a time, whatever the number of tests:
// four where their timing matters, and more where most of them wait.
var (
	timed   = make(chan struct{}, 4)
	patient = make(chan struct{}, 24)
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "azstep-kills-*")
	if err == nil {
		binary = filepath.Join(dir, "azstep")
		err = program.Build(binary)
	}
	code := 1
	if err == nil {
		_ = flag.Set("test.parallel", "100") // the lanes bound it; -parallel still counts
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
