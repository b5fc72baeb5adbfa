//go:build unix

package child

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// tree creates files with these modes in a new directory; names of directories end
// in /. No process may be forked meanwhile: a child that inherits a file opened for
// writing, even only between fork and exec, makes executing that file fail with
// ETXTBSY.
func tree(t *testing.T, files map[string]os.FileMode) string {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	root := t.TempDir()
	for name, mode := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(file, mode); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(file, []byte("#!/bin/sh\nexit 11\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLookUp(t *testing.T) {
	t.Parallel()
	root := tree(t, map[string]os.FileMode{
		"a/tool":    0o755,
		"a/plain":   0o644,
		"b/plain":   0o755,
		"b/only":    0o600,
		"a/folder/": 0o755,
		"noexec":    0o644,
		"garbage":   0o755,
		"bad":       0o755,
	})
	write(t, filepath.Join(root, "garbage"), "\x00 not a program")
	write(t, filepath.Join(root, "bad"), "#!/does/not/exist\n")
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	both := "PATH=" + a + ":" + b
	for name, tc := range map[string]struct {
		arg  string
		dir  string
		env  []string
		exit int
		err  string // part of the error
	}{
		"on PATH":                        {arg: "tool", env: []string{both}, exit: 11},
		"executable one further on":      {arg: "plain", env: []string{both}, exit: 11},
		"last PATH counts":               {arg: "tool", env: []string{"PATH=" + b, both}, exit: 11},
		"by path":                        {arg: a + "/tool", exit: 11},
		"by path in its directory":       {arg: "./tool", dir: a, exit: 11},
		"missing":                        {arg: "nope", env: []string{both}, exit: 127, err: "start nope: not found on PATH"},
		"no PATH":                        {arg: "tool", exit: 127, err: "not found on PATH"},
		"no name":                        {arg: "", exit: 127, err: "name is empty"},
		"PATH that is like another":      {arg: "tool", env: []string{"XPATH=" + a}, exit: 127, err: "not found on PATH"},
		"not executable":                 {arg: "only", env: []string{both}, exit: 126, err: "is not executable"},
		"a directory is no command":      {arg: "folder", env: []string{both}, exit: 127, err: "not found on PATH"},
		"a directory by path":            {arg: a, exit: 126, err: "permission denied"},
		"relative entries do not count":  {arg: "tool", dir: root, env: []string{"PATH=a:."}, exit: 127, err: "not found on PATH"},
		"an empty entry does not count":  {arg: "tool", dir: a, env: []string{"PATH=::"}, exit: 127, err: "not found on PATH"},
		"missing by path":                {arg: root + "/nope", exit: 127, err: "no such file"},
		"not executable by path":         {arg: root + "/noexec", exit: 126, err: "permission denied"},
		"no format the kernel knows":     {arg: root + "/garbage", exit: 126, err: "exec format error"},
		"interpreter that is not there":  {arg: root + "/bad", exit: 127, err: "no such file"},
		"directory that is not there":    {arg: a + "/tool", dir: root + "/nope", exit: 1, err: "enter the directory"},
		"directory that is only a file":  {arg: a + "/tool", dir: root + "/noexec", exit: 1, err: "enter the directory"},
		"environment that none can have": {arg: a + "/tool", env: []string{"A=\x00"}, exit: 126, err: "NUL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &Command{Args: []string{tc.arg}, Dir: tc.dir, Env: tc.env}
			exit, err := c.Run(t.Context())
			if exit != tc.exit || tc.err == "" && err != nil {
				t.Errorf("exit %d, %v; want %d", exit, err, tc.exit)
			}
			if tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) {
				t.Errorf("error %v; want %q", err, tc.err)
			}
			// Find must report before the start what Run reports. It does not check
			// the environment for NUL bytes.
			if found := c.Find(); fmt.Sprint(found) != fmt.Sprint(err) && !strings.Contains(tc.err, "NUL") {
				t.Errorf("Find: %v; Run: exit %d, %v", found, exit, err)
			}
			var ns *NotStarted
			if want := tc.exit > 100; errors.As(err, &ns) != want || want && ns.Exit != exit {
				t.Errorf("%#v; NotStarted: want %v", err, want)
			}
		})
	}
	if exit, err := new(Command).Run(t.Context()); exit != 1 || err == nil {
		t.Errorf("no command: exit %d, %v", exit, err)
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(file, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
