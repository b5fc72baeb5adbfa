//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
)

// table is what is printed: a row per figure, as soon as it is known.
type table struct {
	out  io.Writer
	over []string
}

func newTable(out io.Writer) *table {
	fmt.Fprintf(out, "%s/%s, %d processors, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	t := &table{out: out}
	t.row("", "measured", "target")
	t.row(strings.Repeat("-", nameWidth), strings.Repeat("-", 9), strings.Repeat("-", 9))
	return t
}

const nameWidth = 52

func (t *table) row(name, measured, target string) {
	fmt.Fprintln(t.out, strings.TrimRight(fmt.Sprintf("%-*s  %9s  %9s", nameWidth, name, measured, target), " "))
}

// figure is a time that has no target.
func (t *table) figure(name string, milliseconds float64) {
	t.row(name, format(milliseconds, "ms"), "")
}

// held is one that has to be at most limit.
func (t *table) held(name string, value, limit float64, unit string) {
	t.row(name, format(value, unit), "<= "+format(limit, unit))
	if value > limit {
		t.over = append(t.over, name)
	}
}

func format(value float64, unit string) string {
	return strings.TrimSpace(fmt.Sprintf("%.4g %s", value, unit))
}

func (t *table) verdict() error {
	if len(t.over) > 0 {
		return errors.New("over the target: " + strings.Join(t.over, ", "))
	}
	return nil
}
