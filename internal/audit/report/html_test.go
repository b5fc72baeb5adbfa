package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"

	"github.com/google/go-cmp/cmp"
)

// page returns a report as a browser gets it.
func page(t *testing.T, each func(*report.HTML)) string {
	t.Helper()
	var b bytes.Buffer
	w := report.NewHTML(&b)
	each(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// pageData is the JSON in a page.
type pageData struct {
	Rows      [][]any
	Projects  []string
	People    []string
	Pipelines [][]any
	Compared  bool
	Drift     [][]any
}

func dataOf(t *testing.T, page string) pageData {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, ok := strings.Cut(rest, "</script>")
	var d pageData
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); !ok || err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return d
}

func TestPage(t *testing.T) {
	t.Parallel()
	d := dataOf(t, page(t, func(h *report.HTML) {
		r := found()
		r.Project = "Fabrikam"
		_ = h.Add(r, []policy.Violation{{Text: "wrong"}, {Text: "soon", Note: true}})
		_ = h.Add(policy.Resource{Type: "queue", ID: "1", Open: true}, nil)
		h.Compare([]report.Change{{Added: true, Resource: r, Pipeline: "pipeline 42", By: "Ada", On: "2026-01-01"}})
	}))
	want := pageData{
		Rows: [][]any{
			{0., "environment", "1", "production", 0., []any{[]any{15., 0., 1577955588.}, []any{42., 1., 0.}}, []any{"wrong"}, []any{"soon"}},
			{1., "queue", "1", "", 1., []any{}, []any{}, []any{}},
		},
		Projects: []string{"Fabrikam", ""}, People: []string{"Jamal Hartnett", ""}, Pipelines: [][]any{{0., 15., `\release\web`}},
		Compared: true, Drift: [][]any{{true, "environment", "production", "Fabrikam", "pipeline 42", "Ada", "2026-01-01"}},
	}
	if diff := cmp.Diff(want, d); diff != "" {
		t.Error(diff)
	}
	empty := dataOf(t, page(t, func(*report.HTML) {}))
	if diff := cmp.Diff(pageData{Rows: [][]any{}, Projects: []string{}, People: []string{}, Pipelines: [][]any{}, Drift: [][]any{}}, empty); diff != "" {
		t.Error(diff)
	}
}

// A name must be treated as text everywhere.
func TestPageTakesNamesForText(t *testing.T) {
	t.Parallel()
	hostile := `</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>` + "\u2028'\"&DATA STATIC sha256-SCRIPT"
	text := page(t, func(h *report.HTML) {
		_ = h.Add(policy.Resource{Project: hostile, Type: "queue", ID: "1", Name: hostile, Pipelines: []policy.Pipeline{{ID: 1, Name: hostile, By: hostile}}},
			[]policy.Violation{{Text: hostile}})
		h.Compare([]report.Change{{Resource: policy.Resource{Name: hostile}, Pipeline: hostile}})
	})
	for _, mark := range []string{"<script>alert", "<img", "<!--"} {
		if strings.Contains(text, mark) {
			t.Errorf("the page has %s", mark)
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("the page has %d scripts", n)
	}
	if d := dataOf(t, text); d.Projects[0] != hostile || d.Rows[0][3] != hostile || d.People[0] != hostile {
		t.Errorf("%+v", d)
	}
}

// The page's content security policy allows its own script and style, and nothing
// else.
func TestPagePolicy(t *testing.T) {
	t.Parallel()
	text := page(t, func(*report.HTML) {})
	for _, element := range []string{"script", "style"} {
		_, rest, _ := strings.Cut(text, "<"+element+">")
		inner, _, ok := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(inner))
		if want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !ok || !strings.Contains(text, want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	for _, mark := range []string{"http://", "https://", "url(", "@import", " style=", " onclick", "innerHTML", "eval("} {
		if strings.Contains(text, mark) {
			t.Errorf("the page has %s", mark)
		}
	}
}

// FuzzHTML checks that no text of a service ends the data of a page or adds markup to
// it, and that a script reads the text as it was.
func FuzzHTML(f *testing.F) {
	for _, text := range []string{"", "</script><script>x()", "<!--", "DATA", "STATIC", "]]>", "\u2028", "&lt;", "\x00\x1b[2J", "'\"`", "\u202e"} {
		f.Add(text, text)
	}
	f.Fuzz(func(t *testing.T, name, violation string) {
		name, violation = strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(violation, "?")
		render := func(name, violation string) string {
			return page(t, func(h *report.HTML) {
				_ = h.Add(policy.Resource{Project: name, Type: "queue", ID: "1", Name: name}, []policy.Violation{{Text: violation}})
			})
		}
		got := render(name, violation)
		for _, markup := range []string{"<", "<script", "</script", "<li"} {
			if want := strings.Count(render("x", "y"), markup); strings.Count(got, markup) != want {
				t.Errorf("%q and %q: %d times %q, want %d", name, violation, strings.Count(got, markup), markup, want)
			}
		}
		if d := dataOf(t, got); d.Projects[0] != name || d.Rows[0][3] != name {
			t.Errorf("%q became %+v", name, d)
		}
	})
}
