package forms

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/azstep/azstep/test/formtest"
)

// replace puts something else in the program's place.
func (w *world) replace(text string, mode os.FileMode) {
	w.t.Helper()
	if err := os.Remove(w.program()); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.program(), []byte(text), mode); err != nil {
		w.t.Fatal(err)
	}
}

// refused checks that a step has one error annotation that says what to do, and exit
// code 1.
func (w *world) refused(o outcome, words ...string) {
	w.t.Helper()
	if o.exit != 1 || len(o.Log) != 1 || !strings.HasPrefix(o.log(), "##[error]") {
		w.t.Errorf("exit code %d\n%s", o.exit, o.log())
	}
	for _, word := range words {
		if !strings.Contains(o.log(), word) {
			w.t.Errorf("%q is missing: %s", word, o.log())
		}
	}
}

func TestNoPrograms(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		if err := os.RemoveAll(filepath.Join(w.dir, "bin")); err != nil {
			t.Fatal(err)
		}
		w.refused(w.run(w.mint()), "make action", "azstep/azstep@v1", filepath.Join(w.dir, "bin"))
	})
}

func TestProgramsOfOtherPlatformsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, oneNode(t))
	if err := os.Rename(w.program(), filepath.Join(w.dir, "bin", "azstep-linux-arm64")); err != nil {
		t.Fatal(err)
	}
	if formtest.ProgramName() != "azstep-linux-arm64" {
		w.refused(w.run(w.mint()), strings.TrimSuffix(strings.TrimPrefix(formtest.ProgramName(), "azstep-"), ".exe"), "linux-arm64")
	}
}

// On a platform without a program, the error lists the platforms that have one.
func TestUnknownPlatforms(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		for _, platform := range [][2]string{{"freebsd", "x64"}, {"linux", "riscv64"}, {"aix", "ppc64"}} {
			fake := "for (const [key, value] of Object.entries({platform: '" + platform[0] + "', arch: '" + platform[1] + "'})) " +
				"Object.defineProperty(process, key, {value}); require(process.argv[1])"
			o := w.play(w.step(w.mint()), nil, "-e", fake, w.action.Main)
			have := strings.TrimSuffix(strings.TrimPrefix(formtest.ProgramName(), "azstep-"), ".exe")
			w.refused(o, platform[0]+"-"+platform[1], have)
		}
	})
}

func TestProgramThatIsNotExecutable(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such mode")
	}
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.replace("#!/bin/sh\n", 0o644)
		w.refused(w.run(w.mint()), "chmod +x", w.program())
	})
}

func TestProgramOfAnotherFormat(t *testing.T) {
	t.Parallel()
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		for _, text := range []string{"", "version https://git-lfs.github.com/spec/v1\n"} {
			w.replace(text, 0o755)
			w.refused(w.run(w.mint()), "not a program", "make action")
		}
	})
}

// The program must get no argument in the main step and `post` in the post step, the
// step's environment without NODE_OPTIONS, its working directory and its streams.
func TestArgumentsAndEnvironmentOfTheProgram(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs bash: other shells drop variables with hyphens")
	}
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		w.replace("#!/bin/bash\necho \"$# $*|$PWD|${NODE_OPTIONS-none}|$GITHUB_REPOSITORY|$(env | grep -c '^INPUT_AUTHORIZATION-ID=')\"\necho to stderr >&2\nexit 7\n", 0o755)
		w.job.Env["NODE_OPTIONS"] = "--no-deprecation"
		main := w.run(w.mint())
		post := w.post(main, w.mint())
		for o, args := range map[*outcome]string{&main: "0 ", &post: "1 post"} {
			if o.exit != 7 || o.log() != args+"|"+w.workspace+"|none|fabrikam/shop|1\nto stderr" {
				t.Errorf("exit code %d: %q", o.exit, o.log())
			}
		}
	})
}

// On Windows, process.execve exists and fails, so the program is a child process.
// The test makes Node believe that it runs on Windows, with the program of this
// machine.
func TestWhereNodeCannotBeReplaced(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the other tests cover this")
	}
	onEveryNode(t, func(t *testing.T, node string) {
		w := newWorld(t, node)
		arch := strings.TrimPrefix(formtest.ProgramName(), "azstep-"+runtime.GOOS+"-")
		w.copy(filepath.Join(w.dir, "bin", "azstep-win32-"+arch+".exe"), built)
		fake := "Object.defineProperty(process, 'platform', {value: 'win32'}); require(process.argv[1])"
		with := w.mint()
		main := w.play(w.step(with), nil, "-e", fake, w.action.Main)
		if main.exit != 0 || main.Outputs["token"] == "" || len(w.active()) != 1 {
			t.Fatalf("exit code %d, %d valid\n%s", main.exit, len(w.active()), main.log())
		}
		post, err := w.job.Post(main.Ended, w.action.Inputs(with))
		if err != nil {
			t.Fatal(err)
		}
		if o := w.play(post, nil, "-e", fake, w.action.Post); o.exit != 0 || len(w.active()) != 0 {
			t.Errorf("the post step: exit code %d, %d valid\n%s", o.exit, len(w.active()), o.log())
		}
		if o := w.play(w.step(nil), nil, "-e", fake, w.action.Main); o.exit != 2 {
			t.Errorf("without inputs: exit code %d\n%s", o.exit, o.log())
		}
	})
}
