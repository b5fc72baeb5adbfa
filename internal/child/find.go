package child

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Find checks whether the command could be started now, without starting it. It
// returns the same error as Run: a *NotStarted, or a failure to enter Dir. What only
// the kernel can know, such as a missing loader, is found by Run.
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

var errNoCommand = errors.New("run a command: no command given")

// startable returns the error with which the kernel would refuse to start the file,
// judging by its first bytes.
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

// beginning returns the part of a file by which the kernel recognizes its format:
// 256 bytes (execve(2)).
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
