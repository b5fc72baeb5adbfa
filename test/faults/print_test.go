//go:build unix

package faults

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// table is the file that contains the matrix.
const table = root + "/docs/fault-matrix.md"

// intro is the text above the tables. It says what else the test checks.
const intro = `# When something goes wrong

This page shows what azstep does when a response, or the connection, is not as it should be. Every operation meets every
fault, played by the built program. ` + "`make faults`" + ` plays all of it against the emulator and compares the result with this
page. ` + "`make faults UPDATE=-update`" + ` writes the page.

**A cell** shows how the run ended, and how many requests the services received. ` + "`ok (3)`" + ` is exit code 0. Anything else is
exit code 1 with that error code. The number is missing for ` + "`timeout`" + `, because it depends on the machine. The runs had
` + "`max-attempts: 2`" + `, so azstep sends a request at most twice if it can be repeated; the default is 4. A check of many
resources waits for a 429 with ` + "`Retry-After`" + ` as often as ` + "`timeout`" + ` allows: the number is then "many". In a column "POST
only" or "PUT only", only the creating request meets the fault. ` + "`post`" + ` is the cleanup after a successful mint, ` + "`exec`" + ` the
cleanup after its command.

**The test checks in every cell** that:

- The tokens that are valid afterwards are those that were delivered: nothing is minted twice, and nothing is left behind.
  If a token may still be valid because the service cannot be asked or does not obey, the code is ` + "`revoke-failed`" + `, and
  ` + "`azstep post`" + ` revokes the token once the service responds again.
- Neither the credential nor the token is in the log, the summary, the state, the environment file or the workspace, in
  any encoding. The lines that register masks and the outputs file are the only exceptions.
- The host that a redirect names gets no connection.
- The program uses at most 64 MiB of memory.
- The run ends within ` + "`timeout`" + `. Cleanup has its own deadlines: 20 s in ` + "`exec`" + `, a minute in ` + "`post`" + `.
- azstep waits as long as ` + "`Retry-After`" + ` says.
`

// chapters lists the tables: how often the fault occurs, and which columns are
// beside each other.
func chapters() []chapter {
	minting := []string{"mint-pat", "mint-pat: POST only", "mint-iot-token", "mint-iot-token: PUT only", "post", "exec"}
	var others []string
	for _, o := range operations() {
		if !slices.Contains(minting, o.name) {
			others = append(others, o.name)
		}
	}
	return []chapter{
		{"The fault is met once: mints", false, minting},
		{"The fault is met once: other operations", false, others},
		{"The fault lasts: mints", true, minting},
		{"The fault lasts: other operations", true, others},
	}
}

type chapter struct {
	title   string
	lasts   bool
	columns []string
}

// write prints the page.
func write(t *testing.T, results map[string]met) {
	t.Helper()
	var b strings.Builder
	b.WriteString(intro)
	for _, ch := range chapters() {
		b.WriteString("\n## " + ch.title + "\n\n")
		line(&b, append([]string{"fault"}, ch.columns...))
		line(&b, slices.Repeat([]string{"---"}, len(ch.columns)+1))
		for _, f := range faults() {
			if f.lasts && !ch.lasts || f.rare && ch.lasts {
				continue
			}
			cells := []string{f.name}
			for _, name := range ch.columns {
				m := results[cell{operation: operation{name: name}, fault: f, lasts: ch.lasts}.String()]
				cells = append(cells, m.String())
			}
			line(&b, cells)
		}
	}
	if err := os.WriteFile(table, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

func line(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// readTable returns the cells of the page, by the names of [cell].
func readTable(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(page), intro+"\n") {
		t.Error("the introduction of the page is out of date: update it")
	}
	found := map[string]string{}
	for _, ch := range chapters() {
		_, rest, ok := strings.Cut(string(page), "\n## "+ch.title+"\n\n")
		if !ok {
			t.Errorf("no chapter %q", ch.title)
		}
		rest, _, _ = strings.Cut(rest, "\n\n")
		for row := range strings.Lines(rest) {
			cells := strings.Split(strings.Trim(row, "| \n"), " | ")
			for i, name := range ch.columns {
				if i+1 < len(cells) {
					found[cell{operation: operation{name: name}, fault: fault{name: cells[0]}, lasts: ch.lasts}.String()] = cells[i+1]
				}
			}
		}
	}
	return found
}

// TestPage compares the page with the matrix: it must have exactly these cells.
func TestPage(t *testing.T) {
	t.Parallel()
	found := readTable(t)
	for _, ch := range chapters() {
		for _, name := range ch.columns { // each table begins with two lines
			for _, top := range []string{"fault", "---"} {
				delete(found, cell{operation: operation{name: name}, fault: fault{name: top}, lasts: ch.lasts}.String())
			}
		}
	}
	for _, c := range cells(true) {
		if _, ok := found[c.String()]; !ok {
			t.Errorf("the page has nothing about %s", c)
		}
		delete(found, c.String())
	}
	for name := range found {
		t.Errorf("the page has %s, which is not a cell of the matrix", name)
	}
}
