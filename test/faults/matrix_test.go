//go:build unix

package faults

import (
	"cmp"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/test/formtest"
)

// cell is one operation with one fault, which occurs once or lasts.
type cell struct {
	operation operation
	fault     fault
	lasts     bool
	form      form // in which it is played; the table is the same for all
}

func (c cell) String() string {
	name := c.inTable()
	if c.form != plain {
		name += " / " + string(c.form)
	}
	return name
}

func (c cell) inTable() string {
	return c.operation.name + " / " + c.fault.name + " / " + modes[index(c.lasts)]
}

// modes says how often a fault occurs.
var modes = [2]string{"once", "lasting"}

func index(lasts bool) int {
	if lasts {
		return 1
	}
	return 0
}

// cells returns all cells, or in the short form a few for each fault and each
// operation.
func cells(all bool) []cell {
	var some []cell
	columns := operations()
	for i, f := range faults() {
		for j, o := range columns {
			for k, lasts := range []bool{false, true} {
				c := cell{operation: o, fault: f, lasts: lasts}
				if f.lasts && !lasts || f.rare && lasts || !all && ((i+j+len(columns)/2*k)%len(columns) != 0 || c.isLong()) {
					continue
				}
				some = append(some, c)
			}
		}
	}
	return some
}

// isLong reports whether the cell waits for one of the long deadlines.
func (c cell) isLong() bool { return c.fault.slow && c.operation.place != inStep }

// TestFaultMatrix plays the cells and compares them with the table in the
// documentation, which -update rewrites.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	chosen := regexp.MustCompile(*only)
	all := slices.DeleteFunc(cells(*full || *only != ""), func(c cell) bool { return !chosen.MatchString(c.String()) })
	results := play(t, all)
	check(t, all, results)
}

// TestFaultMatrixInForms plays the cells by the action's start scripts and the task's,
// and compares them with the same table.
func TestFaultMatrixInForms(t *testing.T) {
	t.Parallel()
	chosen := regexp.MustCompile(*only)
	var all []cell
	for _, at := range withForms(t, everywhere()) {
		for i, c := range cells(*full || *only != "") {
			c.form = at.form
			if at.form != plain && c.operation.place != inExec && chosen.MatchString(c.String()) && (*full || *only != "" || i%6 == len(at.form)%6 && !c.fault.slow) {
				all = append(all, c)
			}
		}
	}
	if len(all) == 0 {
		t.Skip(formtest.ErrNoNode)
	}
	check(t, all, play(t, all))
}

// check compares cells with the table, and writes it anew if it has to.
func check(t *testing.T, all []cell, results map[string]met) {
	t.Helper()
	for _, c := range all {
		if m := results[c.String()]; len(m.problems) > 0 {
			t.Errorf("%s: %s after %s\n%s\n%s", c, m, m.took, strings.Join(m.problems, "\n"), m.log)
		}
	}
	if *update && *full && *only == "" && !t.Failed() && all[0].form == plain {
		write(t, results)
	}
	table := readTable(t)
	for _, c := range all {
		m := results[c.String()]
		switch want := table[c.inTable()]; {
		case want != m.String() && len(m.problems) == 0:
			t.Errorf("%s: %s, but the documentation says %q\n%s", c, m, want, m.log)
		case *only != "":
			t.Logf("%s: %s after %s, %d MiB\n%s", c, m, m.took, m.peak>>20, m.log)
		}
	}
}

// atOnce is how many cells are played at the same time: most of them wait.
const atOnce = 32

// play plays the cells, the longest first. A cell that took too long is played again
// when the machine is idle.
func play(t *testing.T, all []cell) map[string]met {
	t.Helper()
	trap := newTrap(t)
	longestFirst := slices.SortedStableFunc(slices.Values(all), func(a, b cell) int { return cmp.Compare(b.allowed(), a.allowed()) })
	results := make(map[string]met, len(all))
	var mu sync.Mutex
	var work sync.WaitGroup
	turns := make(chan struct{}, atOnce)
	dir := t.TempDir()
	for i, c := range longestFirst {
		turns <- struct{}{}
		work.Go(func() {
			defer func() { <-turns }()
			m := c.play(filepath.Join(dir, strconv.Itoa(i)), trap)
			mu.Lock()
			defer mu.Unlock()
			results[c.String()] = m
		})
	}
	work.Wait()
	for i, c := range longestFirst {
		if m := results[c.String()]; m.late {
			t.Logf("%s: took %s; again", c, m.took)
			results[c.String()] = c.play(filepath.Join(dir, "again", strconv.Itoa(i)), trap)
		}
	}
	return results
}

// newTrap returns a port that redirects lead to and that must not be contacted.
func newTrap(t *testing.T) *relay {
	t.Helper()
	trap, err := newRelay("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		trap.close()
		if trap.accepted > 0 {
			t.Errorf("the host that answers redirect to received %d connections", trap.accepted)
		}
	})
	return trap
}

// outcome is the content of a cell in the table.
type outcome struct {
	code     string // "" means success
	exit     int
	requests int // requests that the services received
}

// String leaves out a number of requests that depends on how fast the machine is.
func (o outcome) String() string {
	if o.code == "timeout" {
		return "`timeout`"
	}
	count := strconv.Itoa(o.requests)
	if o.requests > 15 {
		count = "many"
	}
	if o.code == "" {
		return "ok (" + count + ")"
	}
	return "`" + o.code + "` (" + count + ")"
}
