package hosttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"":                  nil,
		"\n":                {""},
		"a":                 {"a"},
		"a\n":               {"a"},
		"a\n\n":             {"a", ""},
		"a\rb\r\nc\nd":      {"a", "b", "c", "d"},
		"a\n\rb":            {"a", "", "b"},
		"a\r\r\nb":          {"a", "", "b"},
		"a\r":               {"a"},
		"a\vb\u2028c\u0085": {"a\vb\u2028c\u0085"},
		"\ufeffa\n\ufeffb":  {"a", "\ufeffb"},
		"\xc3(\n":           {"\ufffd("},
	} {
		if diff := cmp.Diff(want, readLines([]byte(in))); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]map[string]string{
		"":                  {},
		"a=1,b=2":           {"a": "1", "b": "2"},
		"A=1,a=2":           {"a": "2"},
		",,a=1,,":           {"a": "1"},
		"a=b=c":             {"a": "b=c"},
		"a==b":              {"a": "b"}, // an empty entry between two separators is removed
		"a=b==":             {"a": "b=="},
		"=a=b":              {"a": "b"},
		"a=":                {},
		"a":                 {},
		"=":                 {},
		"a=1, b=2":          {"a": "1", " b": "2"},
		"a= 1 ,b=\t":        {"a": " 1 ", "b": "\t"},
		"line=1,endLine=22": {"line": "1", "endline": "22"},
	} {
		got := properties(in, ",", func(s string) string { return s })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", in, diff)
		}
	}
}

func TestSameName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{"set-output", "SET-Output", true},
		{"tökén", "TÖKÉN", true},
		{"tökén", "token", false},
		{"mask", "maſk", false},                 // long s
		{"info", "ınfo", false},                 // dotless i
		{"mask", "mas\u212a", false},            // Kelvin sign
		{"a", "a ", false},                      // nothing is trimmed
		{"a", "a\u200b", false},                 // zero-width space is not ignored
		{"straße", "STRASSE", false},            // characters are compared one by one
		{strings.Repeat("a", 99), "aaa", false}, // much longer
	} {
		if got := sameName(tc.a, tc.b); got != tc.want {
			t.Errorf("%q and %q: %v", tc.a, tc.b, got)
		}
	}
}

func TestParseBool(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"true": true, "True": true, "TRUE": true, " true\t": true, "\x00true\x00": true,
		"false": false, "": false, "1": false, "yes": false, "true;": false, "t": false,
	} {
		if got := parseBool(in); got != want {
			t.Errorf("%q: %v", in, got)
		}
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "abcd": "abcd", "abcde": "abcd", "abc😀": "abc", "ab😀": "ab😀", "äöüßx": "äöüß"} {
		if got := cut(in, 4); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
