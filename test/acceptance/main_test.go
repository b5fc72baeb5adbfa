//go:build unix

package acceptance

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/azstep/azstep/test/program"

	"github.com/rogpeppe/go-internal/testscript"
)

// binaries lists the names under which the program is started.
var binaries = []string{"azstep", "azstep-github", "azstep-github-post", "azstep-post", "azstep-task"}

// bin is the directory on the scripts' PATH that contains the program.
var bin string

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	err := prepare()
	defer os.RemoveAll(bin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "put the program on the PATH:", err)
		return 1
	}
	_ = flag.Set("test.parallel", "8") // scripts mostly wait; -parallel can still override it
	return m.Run()
}

// prepare builds the program, with the race detector if the tests use it.
func prepare() (err error) {
	if bin, err = os.MkdirTemp("", "azstep-bin-"); err != nil {
		return err
	}
	azstep := filepath.Join(bin, binaries[0])
	if err := program.Build(azstep, race...); err != nil {
		return err
	}
	for _, name := range binaries[1:] {
		if err := os.Symlink(azstep, filepath.Join(bin, name)); err != nil {
			return err
		}
	}
	return nil
}

// TestScripts runs testdata/script: each script shows one idea of what a user sees,
// and may change the host that it runs on.
func TestScripts(t *testing.T) {
	testscript.RunT(folded{t}, params(root+"/testdata/script", hostLocal))
}

// TestScriptsOnEveryHost runs testdata/script/hosts once on each host: these scripts
// behave the same everywhere, apart from the host's dialect.
func TestScriptsOnEveryHost(t *testing.T) {
	onEveryHost(t, params, root+"/testdata/script/hosts")
}

func onEveryHost(t *testing.T, params func(dir, host string) testscript.Params, dir string) {
	for _, host := range hosts() {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			testscript.RunT(folded{t}, params(dir, host))
		})
	}
}

func params(dir, host string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return newWorld(env, host) },
		Condition:           func(name string) (bool, error) { return beganOn(name, host) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"on":            scripted((*world).on),
			"input":         scripted((*world).input),
			"set":           scripted((*world).set),
			"unset":         scripted((*world).unset),
			"reset":         scripted((*world).reset),
			"token":         scripted((*world).token),
			"azstep":        scripted((*world).azstep),
			"post":          scripted((*world).post),
			"shell":         scripted((*world).shell),
			"fault":         scripted((*world).fault),
			"policy":        scripted((*world).policy),
			"refusal":       scripted((*world).refusal),
			"suspect":       scripted((*world).suspect),
			"serve":         scripted((*world).serve),
			"received":      scripted((*world).received),
			"output":        scripted((*world).output),
			"outputs":       scripted((*world).outputs),
			"error":         scripted((*world).error),
			"annotation":    scripted((*world).annotation),
			"log":           scripted((*world).log),
			"hint":          scripted((*world).hint),
			"summary":       scripted((*world).summary),
			"requests":      scripted((*world).requests),
			"connections":   scripted((*world).connections),
			"pats":          scripted((*world).pats),
			"api-tokens":    scripted((*world).apiTokens),
			"iot-policy":    scripted((*world).iotPolicy),
			"teams":         scripted((*world).teams),
			"leased":        scripted((*world).leased),
			"proxy":         scripted((*world).startProxy),
			"proxied":       scripted((*world).proxied),
			"exported":      scripted((*world).exported),
			"exports":       scripted((*world).exports),
			"refuse-export": scripted((*world).refuseExport),
			"exits":         scripted((*world).exits),
			"refuse-team":   scripted((*world).refuseTeam),
			"refuse-check":  scripted((*world).refuseCheck),
			"refuse-policy": scripted((*world).refusePolicy),
			"refuse-roles":  scripted((*world).refuseRoles),
			"refuse-ca":     scripted((*world).refuseCA),
			"lease":         scripted((*world).lease),
			"tamper":        scripted((*world).tamper),
			"advance":       scripted((*world).advance),
		},
	}
}

// scripted turns a method of world into a script command. not says that the command
// began with !.
func scripted(do func(w *world, ts *testscript.TestScript, not bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, not bool, args []string) {
		do(ts.Value(worldKey{}).(*world), ts, not, args)
	}
}
