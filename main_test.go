//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binaries are the names that the program goes by. The test binary is the
// program when it is started under one of them, so that scripts run the real
// main in a process of its own.
var binaries = []string{"azstep", "azstep-post"}

func TestMain(m *testing.M) {
	for _, name := range binaries {
		if filepath.Base(os.Args[0]) == name {
			os.Exit(run())
		}
	}
	os.Exit(runTests(m))
}

// bin is the directory on the PATH of scripts in which the program is.
var bin string

func runTests(m *testing.M) int {
	self, err := os.Executable()
	if err == nil {
		bin, err = os.MkdirTemp("", "azstep-bin-")
	}
	for _, name := range binaries {
		if err == nil {
			err = os.Symlink(self, filepath.Join(bin, name))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "put the program on the PATH:", err)
		return 1
	}
	defer os.RemoveAll(bin)
	return m.Run()
}

// TestScripts runs testdata/script: each script says what a user sees of one
// idea, and may change the host that it runs on.
func TestScripts(t *testing.T) {
	testscript.Run(t, params("testdata/script", hostLocal))
}

// TestScriptsOnEveryHost runs testdata/script/hosts once on each host: what is
// the same everywhere but for its dialect.
func TestScriptsOnEveryHost(t *testing.T) {
	for _, host := range []string{hostAction, hostGitHub, hostAzure, hostLocal} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, params("testdata/script/hosts", host))
		})
	}
}

func params(dir, host string) testscript.Params {
	return testscript.Params{
		Dir:                 dir,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup:               func(env *testscript.Env) error { return newWorld(env, host) },
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
		},
	}
}

// scripted makes a script's command of a method of its world. not is a leading !.
func scripted(do func(w *world, ts *testscript.TestScript, not bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, not bool, args []string) {
		do(ts.Value(worldKey{}).(*world), ts, not, args)
	}
}
