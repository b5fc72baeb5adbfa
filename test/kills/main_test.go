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

// binary is the path of azstep, which is built once.
var binary string

// The lanes limit how many azstep processes run at the same time, whatever the
// number of tests: four if their timing matters, and more if most of them wait.
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
		_ = flag.Set("test.parallel", "100") // the lanes limit it; -parallel can still override it
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}
