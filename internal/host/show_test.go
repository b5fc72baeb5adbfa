package host

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func columns(n int) func() int { return func() int { return n } }

// At a terminal, problems come last, and rows without a problem are counted.
func TestShow(t *testing.T) {
	t.Parallel()
	violations := Summary{
		Title: "Pipeline permissions", Mark: Bad, Lead: []string{"1 violation in 3 resources."}, Head: []string{"Resource"},
		Rows: [][]string{{"a"}, {"b"}, {"c"}}, Marks: []Mark{Good, Bad, Good}, Problems: []string{"rule 1 (line 3): queue Default in Fabrikam is open to all"},
	}
	for name, c := range map[string]struct {
		o       Options
		s       Summary
		outputs []Output
		want    string
	}{
		"violations": {Options{Width: columns(40), Env: map[string]string{"NO_COLOR": "1"}}, violations, nil, `Pipeline permissions
2 rows without problems, not listed
1 violation in 3 resources.
✗ rule 1 (line 3): queue Default in
  Fabrikam is open to all
`},
		"colors": {Options{}, Summary{Title: "T", Mark: Good}, nil, "\x1b[1mT\x1b[0m\n\x1b[32m✓\x1b[0m no problems found\n"},
		"dumb":   {Options{Env: map[string]string{"TERM": "dumb"}}, Summary{Title: "T"}, nil, "T\n"},
		"one row": {Options{Env: map[string]string{"NO_COLOR": "1"}}, Summary{Title: "Team", Head: []string{"Team", "Id"}, Rows: [][]string{{"Web\x1b[2J", "7"}}}, nil,
			"Team\n  Team  Web\\x1b[2J\n  Id    7\n"},
		"table": {Options{Width: columns(40), Env: map[string]string{"NO_COLOR": "1"}}, Summary{Title: "T", Head: []string{"Name", "Note"}, Rows: [][]string{{"a", strings.Repeat("w", 60)}, {"b", ""}}}, nil,
			"T\nNAME  NOTE\na     " + strings.Repeat("w", 33) + "…\nb\n"},
		"outputs": {Options{Env: map[string]string{"NO_COLOR": "1"}}, Summary{}, []Output{{Name: "is-it", Value: "x"}, {Name: "token", Value: pat, Secret: true}, {Name: "b", Value: "y"}},
			"Result\nOUTPUT  VALUE\nisIt    x\nb       y\n"},
		"nothing": {Options{}, Summary{}, nil, ""},
	} {
		c.o.Kind, c.o.StdoutIsTerminal = Local, true
		h := start(c.o)
		h.Show(c.s, c.outputs)
		if diff := cmp.Diff(c.want, h.stdout.String()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// However wide the cells are, no line is wider than the terminal.
func TestShowFits(t *testing.T) {
	t.Parallel()
	rows := [][]string{}
	for i := range 80 {
		rows = append(rows, []string{strings.Repeat("é", i), strings.Repeat("w ", i), "x"})
	}
	for width := 40; width < 200; width += 7 {
		h := start(Options{Kind: Local, StdoutIsTerminal: true, Width: columns(width)})
		h.Show(Summary{Title: "T", Head: []string{"A", "B", "C"}, Rows: rows, Lead: []string{strings.Repeat("some words ", 40)}}, nil)
		for _, line := range lines(h.stdout.String()) {
			if n := utf8.RuneCountInString(uncolored(line)); n > width {
				t.Fatalf("%d columns in a terminal of %d: %q", n, width, line)
			}
		}
		if !strings.Contains(h.stdout.String(), "30 more rows not listed") {
			t.Errorf("the number of rows is missing: %s", h.stdout)
		}
	}
}
