package child

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Find looks whether the command could be started now, without starting it. Its
// error is what Run's would be: a *NotStarted, or a failure to enter Dir. What only
// the kernel can tell, such as a missing loader, Run finds out.
func (c *Command) Find() error {
	if len(c.Args) == 0 {
		return errNoCommand
	}
	if err := c.enter(); err != nil {
		return err
	}
	path, err := c.look()
	if err != nil {
		return err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	if err := startable(path); err != nil {
		return refused(c.Args[0], err)
	}
	return nil
}

var errNoCommand = errors.New("run a command: none given")

// startable is the error with which the kernel would refuse to start the file, as
// far as its first bytes tell.
func startable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := mayExecute(path, info); err != nil {
		return err
	}
	head, err := beginning(path)
	if err != nil {
		return nil // a program that may be started need not be readable
	}
	script, isScript := strings.CutPrefix(head, "#!")
	if !isScript {
		return knownFormat(head)
	}
	line, _, _ := strings.Cut(script, "\n")
	interpreter, _, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	interpreter, _, _ = strings.Cut(interpreter, "\t")
	if !filepath.IsAbs(interpreter) {
		return nil // relative to a directory that only the kernel knows
	}
	_, err = os.Stat(interpreter)
	return err
}

// beginning is what the kernel reads of a file to tell its format: 256 bytes
// (execve(2)).
func beginning(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 256)
	n, err := f.Read(head)
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return string(head[:n]), nil
}
