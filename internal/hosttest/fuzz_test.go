package hosttest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func seed(f *testing.F) {
	for _, s := range []string{
		"", "a\rb\r\nc", "\ufeff::debug::x", "::error title==,a=%25::%0A", "##[set-output name=a]b", "::add-mask::a&+",
		"::stop-commands::tok\n::tok::", "##vso[task.setvariable variable=a;isSecret=true]b", "##vso[x", "\xff\x00##vso\u200b[]",
		"a<<EOF\nb\nEOF\n", "a<<", "<<", "a=b<<c", "##vso[task.complete result=Failed]", "//u:p@h",
	} {
		f.Add([]byte(s))
	}
}

// With any output of a step, nothing panics, every line is in the log or was a
// command, and a masked value does not occur in later output.
func FuzzRunner(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := Runner{StepDebug: true}
		r.Feed(stream)
		if lines := len(readLines(stream)); len(r.Log)+len(r.Commands) < lines {
			t.Errorf("%d lines, %d logged, %d commands", lines, len(r.Log), len(r.Commands))
		}
		for _, m := range r.Masks {
			if got := r.Mask("<" + m + ">"); strings.Contains(got, m) && strings.Trim(m, "*<>") != "" {
				t.Errorf("%q hidden: %q", m, got)
			}
		}
		WithoutMasks(GitHub, stream)
		r.Summary(stream)
	})
}

func FuzzAgent(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, stream []byte) {
		a := Agent{SystemDebug: true}
		a.Feed(stream)
		if lines := len(readLines(stream)); len(a.Log)+len(a.Commands) < lines {
			t.Errorf("%d lines, %d logged, %d commands", lines, len(a.Log), len(a.Commands))
		}
		for _, m := range a.Secrets {
			if got := a.Mask("<" + m + ">"); strings.Contains(got, m) && strings.Trim(m, "*<>") != "" {
				t.Errorf("%q hidden: %q", m, got)
			}
		}
		WithoutMasks(AzurePipelines, stream)
	})
}

// Text that is escaped by the rules is decoded unchanged, on both hosts.
func FuzzEscapes(f *testing.F) {
	for _, s := range []string{"", "%", "%25", "%0A", "%AZP25", "a\r\nb", "::a,b;c]d%3B", "%%AZP250A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = string([]rune(s))
		data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
		property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace("." + s + ".")
		var r Runner
		r.Feed([]byte("::error title=" + property + "::" + data + "\n"))
		want := Command{Name: "error", Properties: map[string]string{"title": "." + s + "."}, Data: s}
		if diff := cmp.Diff([]Command{want}, r.Commands); diff != "" {
			t.Error(diff)
		}
		var a Agent
		a.Feed([]byte("##vso[task.debug title=." + escapeLogging(s) + ".]" + escapeLogging(s) + "\n"))
		want.Name = "task.debug"
		if diff := cmp.Diff([]Command{want}, a.Commands); diff != "" {
			t.Error(diff)
		}
	})
}

// A value with its own delimiter is decoded unchanged.
func FuzzParseFileCommands(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := ParseFileCommands(data); err == nil && bytes.HasSuffix(data, []byte("<<")) && bytes.Count(data, []byte("=")) == 0 {
			t.Error("an empty delimiter was taken")
		}
		value := string([]rune(string(data)))
		if strings.Contains(value, "delimiter") {
			return
		}
		got, err := ParseFileCommands([]byte("key<<delimiter\n" + value + "\ndelimiter\nlast=1\n"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Pair{{"key", value}, {"last", "1"}}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// A secret is found in plain text, and never by chance in its masked form.
func FuzzLeaks(f *testing.F) {
	f.Add("FAKE-PAT-0001", "a log")
	f.Add("\xff\xfe\x00\x80", "\x00")
	f.Add("a\nb c\td", "a b c d")
	f.Fuzz(func(t *testing.T, secret, log string) {
		got := Leaks([]byte(log+secret+log), secret)
		if len(secret) >= shortestNeedle && (len(got) == 0 || got[0] != "plain") {
			t.Errorf("%q", got)
		}
	})
}
