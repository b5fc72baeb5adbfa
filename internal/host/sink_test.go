package host

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNeutralise(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                           "",
		"plain text, \\folder\\name": "plain text, \\folder\\name",
		"größe 日本 é":                 "größe 日本 é",
		"a\r\nb\tc\x00d\x1b[31m":     `a\r\nb\tc\x00d\x1b[31m`,
		"\x7f\u0085\u009b":           `\x7f\u0085\u009b`,
		"\u2028\u2029":               `\u2028\u2029`,
		"\u202eabc\u2066\u200f":      `\u202eabc\u2066\u200f`,
		"\u200b\ufeff\u00ad\u2060":   `\u200b\ufeff\u00ad\u2060`,
		"\ufe0f\U000e0100\U000e0041": `\ufe0f\U000e0100\U000e0041`,
		"\u3164\u115f\u034f\u180e":   `\u3164\u115f\u034f\u180e`,
		"\u00a0\u3000":               `\u00a0\u3000`,
		"\ue000\U000f0000\uffff":     `\ue000\U000f0000\uffff`,
		"\xff\xfe":                   `\xff\xfe`,
		"\xed\xa0\x80":               `\xed\xa0\x80`,
		"\ufffd":                     "\ufffd",
		"##[error]x":                 "# #[error]x",
		"a ##vso[task.x]y":           "a # #vso[task.x]y",
		"####":                       "# # # #",
		"#\u200b#vso[":               `#\u200b#vso[`,
		"#\u0301#vso[":               "#\u0301 #vso[",
		"#é#é#":                      "#é #é #",
		"#a#":                        "#a#",
		"# #":                        "# #",
		"::error::x":                 "::error::x",
	} {
		got := neutralise(in)
		if got != want {
			t.Errorf("neutralise(%q) = %q, want %q", in, got, want)
		}
		if again := neutralise(got); again != got {
			t.Errorf("neutralise is not stable: %q, then %q", got, again)
		}
	}
}

func TestLongTextIsCutAndSaysSo(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"x", "é", "日", "😀", "\n", "#"} {
		got := neutralise(strings.Repeat(unit, 9000))
		if len(got) > maxText || len(got) < maxText-20 || !strings.HasSuffix(got, cutMark) || !utf8.ValidString(got) {
			t.Errorf("9000 times %q: %d bytes, ending in %q", unit, len(got), got[len(got)-20:])
		}
	}
	if exact := strings.Repeat("x", maxText); neutralise(exact) != exact {
		t.Error("a text of the maximum length was cut")
	}
}

// FuzzLine checks the rule that keeps a log safe: for any text, each dialect writes
// one line, in which no host finds a command other than the intended one.
func FuzzLine(f *testing.F) {
	for _, seed := range []string{
		"::set-output name=x::y", "\r::add-mask::e", "##[set-output name=x]y", "##vso[task.setvariable variable=PATH]x",
		"#\u200b#vso[task.x]", "\x1b[2J", "%0A::error::x", "%25", "%AZP25;]", "\u2028::x::", "\xff#\xfe#[x]", "a\x00b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := neutralise(text)
		if strings.Contains(ascii(want), "##") || len(want) > maxText {
			t.Fatalf("%q became %q", text, want)
		}
		for _, kind := range kinds {
			h := start(Options{Kind: kind})
			h.Infof("%s", text)
			h.hint(text)
			if kind != Local {
				checkMeantCommand(t, kind, want, text)
			}
			got := h.stdout.String() + h.stderr.String()
			if got != "azstep: "+want+"\nhint: "+want+"\n" {
				t.Fatalf("%s: %q was written as %q", kind, text, got)
			}
			checkNoCommand(t, got)
		}
	})
}

func checkNoCommand(t *testing.T, written string) {
	t.Helper()
	all := lines(written)
	if len(all) != strings.Count(written, "\n") || !utf8.ValidString(written) {
		t.Fatalf("not whole lines of UTF-8: %q", written)
	}
	for _, line := range all {
		if strings.IndexFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) >= 0 {
			t.Fatalf("a line controls the terminal: %q", line)
		}
		for _, seen := range []string{line, ascii(line)} {
			if c, ok := runnerCommand(seen); ok {
				t.Fatalf("the runner finds %q in %q", c, line)
			}
			if c, ok := agentCommand(seen); ok {
				t.Fatalf("the agent finds %q in %q", c, line)
			}
		}
	}
}

// checkMeantCommand checks that an annotation is exactly the intended command.
func checkMeantCommand(t *testing.T, kind Kind, want, text string) {
	t.Helper()
	h := start(Options{Kind: kind})
	h.Warnf("%s", text)
	all := lines(h.stdout.String())
	if len(all) != 1 {
		t.Fatalf("%q is %d lines", text, len(all))
	}
	parse := map[Kind]func(string) (parsed, bool){GitHub: runnerCommand, AzurePipelines: agentCommand}[kind]
	if c, ok := parse(all[0]); !ok || c.Data != want || (c.Name != "warning" && c.Name != "task.logissue") {
		t.Fatalf("%s reads %q as %+v", kind, all[0], c)
	}
	other := map[Kind]func(string) (parsed, bool){AzurePipelines: runnerCommand, GitHub: agentCommand}[kind]
	if c, ok := other(all[0]); ok {
		t.Fatalf("the other host reads %q as %+v", all[0], c)
	}
}
