package child

import (
	"fmt"
	"os"
	"path/filepath"
)

// look finds the file of Args[0]. A name without a separator is looked up in the
// command's own PATH, as its shell would do, and not in azstep's.
//
// Entries of PATH that are not absolute are ignored (os/exec rejects them, too): a
// checked-out repository must not be able to provide its own `terraform`.
func (c *Command) look() (string, error) {
	name := c.Args[0]
	if name == "" {
		return "", &NotStarted{exitNotFound, fmt.Errorf("start a command: its name is empty")}
	}
	if isPath(name) {
		return name, nil
	}
	var found string // of the right name, but not executable
	for _, dir := range filepath.SplitList(lookupEnv(c.Env, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		for _, file := range spellings(filepath.Join(dir, name), c.Env) {
			info, err := os.Stat(file)
			switch {
			case err != nil || info.IsDir():
			case executable(info):
				return file, nil
			case found == "":
				found = file
			}
		}
	}
	if found != "" {
		return "", &NotStarted{exitCannotExecute, fmt.Errorf("start %s: %s is not executable", name, found)}
	}
	return "", &NotStarted{exitNotFound, fmt.Errorf("start %s: not found on PATH", name)}
}

// lookupEnv returns the last value of key in env, which is the one that counts in
// os/exec, or "".
func lookupEnv(env []string, key string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if value, ok := cutKey(env[i], key); ok {
			return value
		}
	}
	return ""
}
