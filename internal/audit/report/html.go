package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html"
	"io"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/audit/policy"
)

// page is the template of the HTML report; the word DATA in it stands for the run's
// data. It loads nothing from elsewhere: its own content security policy forbids it.
//
//go:embed page.html
var page string

// maxPlain is how many violations the page lists for a browser that runs no scripts.
const maxPlain = 1000

// Change is a difference from an earlier report.
type Change struct {
	Added    bool
	Resource policy.Resource
	Pipeline string
	By, On   string
}

// NewHTML writes a page for people. The data is embedded as JSON and shown by a
// script in the page, which treats all names as text.
func NewHTML(w io.Writer) *HTML {
	before, _, _ := strings.Cut(policed(page), "DATA")
	return &HTML{
		list:     array{w: w, open: before + `{"rows":[` + "\n", between: ",\n", end: "\n],"},
		projects: newTable(), people: newTable(), pipelines: map[pipelineKey]bool{},
	}
}

// HTML is a [Writer].
type HTML struct {
	list             array
	projects, people table
	pipelines        map[pipelineKey]bool
	named            []any // pipelines with their names
	plain            []string
	more             int
	compared         bool
	drift            [][]any
}

type pipelineKey struct{ project, id int }

// table assigns numbers to texts, in the order in which they are first used.
type table struct {
	numbers map[string]int
	texts   []string
}

func newTable() table { return table{numbers: map[string]int{}, texts: []string{}} }

func (t *table) number(text string) int {
	n, ok := t.numbers[text]
	if !ok {
		n = len(t.texts)
		t.numbers[text] = n
		t.texts = append(t.texts, text)
	}
	return n
}

// Add writes the resource.
func (h *HTML) Add(r policy.Resource, violations []policy.Violation) error {
	project := h.projects.number(r.Project)
	grants := make([][3]int64, len(r.Pipelines))
	for i, p := range r.Pipelines {
		grants[i] = [3]int64{int64(p.ID), int64(h.people.number(p.By)), seconds(p.On)}
		h.name(pipelineKey{project, p.ID}, p.Name)
	}
	wrong, notes := []string{}, []string{}
	for _, v := range violations {
		if v.Note {
			notes = append(notes, v.Text)
			continue
		}
		wrong = append(wrong, v.Text)
		h.keepPlain(v.Text)
	}
	open := 0
	if r.Open {
		open = 1
	}
	return h.list.element(embedded([]any{project, r.Type, r.ID, r.Name, open, grants, wrong, notes}))
}

func (h *HTML) name(key pipelineKey, name string) {
	if name == "" || h.pipelines[key] {
		return
	}
	h.pipelines[key] = true
	h.named = append(h.named, []any{key.project, key.id, name})
}

func (h *HTML) keepPlain(violation string) {
	if len(h.plain) == maxPlain {
		h.more++
		return
	}
	h.plain = append(h.plain, violation)
}

// Compare adds the changes since an earlier report.
func (h *HTML) Compare(changes []Change) {
	h.compared = true
	for _, c := range changes {
		name := c.Resource.Name
		if name == "" {
			name = c.Resource.ID
		}
		h.drift = append(h.drift, []any{c.Added, c.Resource.Type, name, c.Resource.Project, c.Pipeline, c.By, c.On})
	}
}

// Close writes what is only known at the end, and the rest of the page.
func (h *HTML) Close() error {
	if err := h.list.close(); err != nil {
		return err
	}
	drift := h.drift
	if drift == nil {
		drift = [][]any{}
	}
	rest := embedded(map[string]any{
		"projects": h.projects.texts, "people": h.people.texts, "pipelines": append([]any{}, h.named...),
		"compared": h.compared, "drift": drift,
	})
	_, after, _ := strings.Cut(policed(page), "DATA")
	_, err := io.WriteString(h.list.w, string(rest[1:])+strings.Replace(after, "STATIC", h.static(), 1))
	return err
}

// static lists the violations for a browser that runs no scripts, for example
// because the server of the page sets its own content security policy.
func (h *HTML) static() string {
	var b strings.Builder
	b.WriteString("<h2>Violations</h2><p>To see everything, allow this page to run its script.</p><ul>")
	for _, v := range h.plain {
		b.WriteString("<li>" + html.EscapeString(neutral(v)) + "</li>")
	}
	b.WriteString("</ul>")
	if h.more > 0 {
		b.WriteString("<p>More violations are in the source of this page.</p>")
	}
	return b.String()
}

// neutral removes what does not belong in a line of text.
func neutral(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// embedded returns JSON that is safe inside a page: it cannot end its element or
// begin a comment.
func embedded(v any) []byte {
	return bytes.ReplaceAll(Encode(v), []byte("<"), []byte(`\u003c`))
}

// seconds converts a time from the service to Unix time; 0 if unknown.
func seconds(instant string) int64 {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, instant); err == nil {
			return t.Unix()
		}
	}
	return 0
}

// policed puts the hashes of the page's script and style into its content security
// policy, so that nothing else can run, whatever the data contains.
func policed(page string) string {
	page = strings.Replace(page, "sha256-SCRIPT", hash(between(page, "<script>", "</script>")), 1)
	return strings.Replace(page, "sha256-STYLE", hash(between(page, "<style>", "</style>")), 1)
}

func between(text, start, end string) string {
	_, rest, _ := strings.Cut(text, start)
	inner, _, _ := strings.Cut(rest, end)
	return inner
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
