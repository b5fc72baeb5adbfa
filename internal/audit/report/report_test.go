package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"

	"github.com/google/go-cmp/cmp"
)

func found() policy.Resource {
	return policy.Resource{Type: "environment", ID: "1", Name: "production", Pipelines: []policy.Pipeline{
		{ID: 15, Name: `\release\web`, By: "Jamal Hartnett", On: "2020-01-02T08:59:48.77Z"}, {ID: 42},
	}}
}

func TestEntryHasTheKeysThatScriptsRead(t *testing.T) {
	t.Parallel()
	got := string(report.Entry(found(), []policy.Violation{{Text: "no"}}))
	const want = `{"type":"environment","id":"1","name":"production","openAccess":false,"pipelines":[` +
		`{"id":15,"name":"\\release\\web","authorizedBy":"Jamal Hartnett","authorizedOn":"2020-01-02T08:59:48.77Z"},` +
		`{"id":42,"name":"","authorizedBy":"","authorizedOn":""}],"violations":["no"]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	const empty = `{"project":"Fabrikam","type":"queue","id":"2","name":"","openAccess":true,"pipelines":[],"violations":[]}`
	if diff := cmp.Diff(empty, string(report.Entry(policy.Resource{Project: "Fabrikam", Type: "queue", ID: "2", Open: true}, nil))); diff != "" {
		t.Error(diff)
	}
}

// FuzzEncode checks that a JSON reader gets the original text, and that a host finds
// no command in it.
func FuzzEncode(f *testing.F) {
	for _, seed := range []string{"##vso[task.complete]", "ü", "\u009b2J", "😀", "\x00\r\n", `\"#`, "\u2028", "\u0023"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		encoded := string(report.Encode([]string{text}))
		if strings.ContainsFunc(encoded, func(r rune) bool { return r < ' ' || r > '~' || r == '#' }) {
			t.Fatalf("%q", encoded)
		}
		var back []string
		if err := json.Unmarshal([]byte(encoded), &back); err != nil || len(back) != 1 || back[0] != text {
			t.Fatalf("%q became %q (%v)", text, back, err)
		}
	})
}

func TestBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		limit    int
		elements []string
		want     string
		cut      bool
	}{
		{10, nil, "[]", false},
		{7, []string{"11", "22"}, "[11,22]", false},
		{6, []string{"11", "22"}, "[]", true},
		{4, []string{"11"}, "[11]", false},
		{3, []string{"11"}, "[]", true},
		{7, []string{"11", "22", "3", "4"}, "[]", true},
		{9, []string{"1111111111", "2"}, "[]", true}, // after an element that does not fit, later ones are left out, too
	} {
		b := report.Bounded{Limit: c.limit}
		for _, e := range c.elements {
			b.Add([]byte(e))
		}
		if got := b.String(); got != c.want || b.Truncated() != c.cut || len(got) > max(c.limit, 2) {
			t.Errorf("%q within %d: %s, truncated %v", c.elements, c.limit, got, b.Truncated())
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		var b bytes.Buffer
		w := report.NewJSON(&b)
		for range n {
			if err := w.Add(found(), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		var all []map[string]any
		if err := json.Unmarshal(b.Bytes(), &all); err != nil || len(all) != n {
			t.Errorf("%d resources: %v in %s", n, err, b.String())
		}
		if entries := strings.Count(b.String(), "\n{"); entries != n {
			t.Errorf("%d resources are in %d lines", n, entries)
		}
	}
}

// full is a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

var errFull = errors.New("no space left on device")

func TestWritersTellOfAFullDisk(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]report.Writer{"json": report.NewJSON(full{}), "sarif": report.NewSARIF(full{}, report.Place{}), "html": report.NewHTML(full{})} {
		if err := w.Add(found(), []policy.Violation{{Kind: policy.NotAuthorized}}); err == nil {
			t.Error(name, "adds to a full disk")
		}
		if err := w.Close(); err == nil {
			t.Error(name, "ends on a full disk")
		}
	}
}
