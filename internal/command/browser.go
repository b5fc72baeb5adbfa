package command

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/input"
)

// openingTime is how long a command that opens addresses may take to fail. If it is
// still running then, it has opened a browser, or is one.
const openingTime = 2 * time.Second

// browser returns a function that opens an address in the user's browser, as the
// environment or the system defines it, or nil.
func (p *Process) browser() func(address string) error {
	known := slices.DeleteFunc(openers(runtime.GOOS, p.Env["BROWSER"]), func(command []string) bool { return !p.has(command[0]) })
	if len(known) == 0 || p.isRemote() {
		return nil
	}
	return func(address string) (err error) {
		for _, command := range known {
			if err = p.open(append(command, address)); err == nil {
				return nil
			}
		}
		return err
	}
}

// has reports whether a command exists.
func (p *Process) has(name string) bool {
	if runtime.GOOS == "windows" || filepath.IsAbs(name) { // the system's own, or whatever the user says
		return true
	}
	for _, dir := range filepath.SplitList(p.Env["PATH"]) {
		if info, err := os.Stat(filepath.Join(dir, name)); filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// isRemote reports whether a browser would open on a screen that the user does not
// see.
func (p *Process) isRemote() bool {
	return (p.Env["SSH_CONNECTION"] != "" || p.Env["SSH_TTY"] != "") && !p.hasScreen() && p.Env["BROWSER"] == ""
}

func (p *Process) hasScreen() bool { return p.Env["DISPLAY"] != "" || p.Env["WAYLAND_DISPLAY"] != "" }

// openers lists the commands to try, in order. BROWSER is a list of commands
// separated by colons, as for xdg-open and others.
func openers(system, browsers string) (all [][]string) {
	switch system {
	case "windows": // no shell, which would take the address apart at each &
		return [][]string{{"rundll32.exe", "url.dll,FileProtocolHandler"}}
	case "darwin":
		return [][]string{{"open"}}
	}
	for browser := range strings.SplitSeq(browsers, ":") {
		if words := strings.Fields(strings.ReplaceAll(browser, "%s", "")); len(words) > 0 {
			all = append(all, words)
		}
	}
	return append(all, []string{"xdg-open"}, []string{"wslview"})
}

// open starts a command and does not wait for it, because a browser outlives azstep.
// Its output is dropped: stdout is for the refresh token.
func (p *Process) open(command []string) error {
	env := input.Inherited(p.Env)
	if !p.hasScreen() && p.Env["BROWSER"] == "" {
		env = append(env, "BROWSER=false") // keeps xdg-open from starting a browser in the terminal
	}
	c := child.Command{Args: command, Env: env}
	ended := make(chan error, 1)
	go func() {
		exit, err := c.Run(context.Background())
		if err == nil && exit != 0 {
			err = fmt.Errorf("%s ended with exit code %d", command[0], exit)
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(openingTime):
		return nil
	}
}
