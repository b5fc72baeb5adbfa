package host

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	s := Summary{
		Title: "azstep mint-pat",
		Lead:  []string{"2 violations in 3 resources.", "queue \"Default\" (7): | no"},
		Head:  []string{"Output", "Value"},
		Rows: [][]string{
			{"display-name", "a|b <b>`x`</b> [l](http://x) @octocat #1"},
			{"short"},
			{"long", "1", "dropped"},
			{"empty", ""},
		},
		Notes: []string{"The PAT ends at 2026-01-01T00:00:00Z (in 1h), ask @octocat.", "- no list", "1. nor this", "12 pipelines"},
	}
	want := `### azstep mint-pat

&#50; violations in 3 resources.

queue &#34;Default&#34; &#40;7&#41;&#58; <code>&#124;</code> no

| Output | Value |
| --- | --- |
| display-name | <code>a&#124;b</code> <code>&#60;b&#62;x&#60;&#47;b&#62;</code> <code>&#91;l&#93;&#40;http&#58;&#47;&#47;x</code>&#41; <code>&#64;octocat &#35;1</code> |
| short |  |
| long | &#49; |
| empty |  |

The PAT ends at <code>2026-01-01T00&#58;00&#58;00Z</code> &#40;in 1h&#41;, ask <code>&#64;octocat</code>.

&#45; no list

&#49;. nor this

&#49;2 pipelines
`
	if diff := cmp.Diff(want, s.apply(neutralise).markdown(maxSummary)); diff != "" {
		t.Error(diff)
	}
}

// FuzzMarkdown checks that any text is shown completely and has no markup of its
// own.
func FuzzMarkdown(f *testing.F) {
	for _, seed := range []string{
		"a|b", "\\|", "<img src=x>", "![a](b)", "www.example.com", "https://x", "a@b.c", "@a", "#1", "GH-1", ":tada:", "$x$", "~~a~~",
		"`az login` and `x", "` `", "a`b c`d", "--- | ---", "- a", "1. a", "> a", "    code", "[^1]", "&amp;", "```", "(a)", "0123456", "===", "*a* _b_",
	} {
		f.Add(seed)
	}
	code := regexp.MustCompile(`<code>([^<]*)</code>`)
	inert := regexp.MustCompile(`^(?:[\p{L}\p{Nd} .,+\-%?'=]|[^\x00-\x7f]|&#[0-9]+;)*$`)
	f.Fuzz(func(t *testing.T, text string) {
		text = neutralise(text)
		inCode, inProse := inCode(text), prose(text)
		for _, got := range []string{inCode, inProse} {
			bare := code.ReplaceAllString(got, "$1")
			if !inert.MatchString(bare) || strings.Contains(strings.ToLower(got), "www.") {
				t.Fatalf("%q has markup of its own: %q", text, got)
			}
		}
		want := unquoted(strings.Join(strings.Fields(text), " "))
		if got := unquoted(html.UnescapeString(code.ReplaceAllString(inProse, "$1"))); got != want {
			t.Fatalf("%q reads %q", want, got)
		}
		outside := html.UnescapeString(code.ReplaceAllString(inProse, "·"))
		if regexp.MustCompile(`[@#/]\w|:[A-Za-z_]|\w{4}[0-9]{3}|^\s*[-+*>]`).MatchString(outside) && !strings.HasPrefix(inProse, "&#") {
			t.Fatalf("%q has a reference outside code: %q", text, inProse)
		}
	})
}

// unquoted returns a text without backticks and without the spaces beside them.
func unquoted(text string) string {
	return strings.NewReplacer("` ", "", " `", "", "`", "", " ", "").Replace(text)
}

func TestGitHubSummary(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	h.Hide(pat)
	write(t, env["GITHUB_STEP_SUMMARY"], "earlier text")
	h.Summarize(Summary{Title: "T", Head: []string{"A"}, Rows: [][]string{{"holds " + pat + "\nx"}}})
	want := "earlier text\n### T\n\n| A |\n| --- |\n| holds <code>&#42;&#42;&#42;&#92;nx</code> |\n"
	if diff := cmp.Diff(want, read(t, env["GITHUB_STEP_SUMMARY"])); diff != "" {
		t.Error(diff)
	}
}

// The runner drops a summary of more than 1 MiB completely.
func TestSummaryFits(t *testing.T) {
	t.Parallel()
	rows := make([][]string, 2500)
	for i := range rows {
		rows[i] = []string{strings.Repeat("x", 400), strings.Repeat("é", 30)}
	}
	s := Summary{Title: "Many", Head: []string{"A", "B"}, Rows: rows, Notes: []string{"The last word"}}
	for _, earlier := range []int{0, 1, 500000, maxSummary - 300, maxSummary - 10, maxSummary} {
		env := runner(t)
		write(t, env["GITHUB_STEP_SUMMARY"], strings.Repeat("e", earlier))
		h := start(Options{Kind: GitHub, Env: env})
		h.Summarize(s)
		got := read(t, env["GITHUB_STEP_SUMMARY"])
		said := strings.Contains(got, "more rows are left out: a job summary is limited to 1 MiB._\n")
		warned := strings.Contains(h.stdout.String(), "::warning::could not write the job summary")
		if len(got) > maxSummary || said == warned || warned && len(got) != earlier {
			t.Errorf("after %d bytes: %d bytes, said %v, warned %v", earlier, len(got), said, warned)
		}
		if earlier < 1000 && (len(got) < maxSummary-700 || !strings.HasSuffix(got, "\nThe last word\n")) {
			t.Errorf("after %d bytes: %d bytes, ending %q", earlier, len(got), got[len(got)-50:])
		}
	}
}

func TestSummaryThatCannotBeWrittenIsAWarning(t *testing.T) {
	t.Parallel()
	fullDisk(t)
	for _, path := range []string{"/dev/full", t.TempDir() + "/gone"} {
		h := start(Options{Kind: GitHub, Env: map[string]string{"GITHUB_STEP_SUMMARY": path}})
		h.Summarize(Summary{Title: "T", Notes: []string{"note"}})
		got := lines(h.stdout.String())
		if len(got) != 3 || !strings.HasPrefix(got[0], "::warning::") || got[2] != "azstep: note" || h.Err() != nil {
			t.Errorf("%s: %q, %v", path, got, h.Err())
		}
	}
}

func TestSummaryAsText(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local})
	h.Summarize(Summary{
		Title: "Pipelines", Head: []string{"Name", "Id"},
		Rows:  [][]string{{"größe", "1"}, {"a\n##[x]", "22"}, {strings.Repeat("w", 50), "3"}, nil},
		Notes: []string{"done"},
	})
	want := "azstep: Pipelines\n" +
		"azstep: Name                                      Id\n" +
		"azstep: größe                                     1\n" +
		"azstep: a\\n# #[x]                                 22\n" +
		"azstep: " + strings.Repeat("w", 50) + "  3\n" +
		"azstep: \n" +
		"azstep: done\n"
	if diff := cmp.Diff(want, h.stderr.String()); diff != "" {
		t.Error(diff)
	}
}

// Notes may name inputs; they are written as the reader of the summary sets them.
func TestSummarySpellsItsNotes(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: Local})
	h.Spell(input.Speller{Style: input.Shell, IsInput: func(name string) bool { return name == "report-file" }})
	h.Summarize(Summary{Title: "T", Notes: []string{"2 rows not shown; set `report-file` to write all of them to a file."}})
	if got := h.stderr.String(); !strings.Contains(got, "set AZSTEP_REPORT_FILE to write") {
		t.Errorf("%q", got)
	}
}

// Problems come first on a page, and a long table is behind a click.
func TestMarkdownMarks(t *testing.T) {
	t.Parallel()
	s := Summary{Title: "Pipeline permissions", Mark: Bad, Problems: []string{"queue Default is open"}, Head: []string{"Resource"}, Notes: []string{"end"}}
	for i := range 30 {
		s.Rows = append(s.Rows, []string{"r" + strings.Repeat("x", i%3)})
		s.Marks = append(s.Marks, Good)
	}
	s.Marks[29] = Bad
	got := s.markdown(maxSummary)
	for _, want := range []string{
		"### ❌ Pipeline permissions\n\n- ❌ queue Default is open\n\n| | Resource |\n| --- | --- |\n| ❌ | rxx |\n| ✅ | r |\n",
		"\n<details><summary>10 more rows</summary>\n\n| | Resource |\n| --- | --- |\n| ✅ |",
		"|\n\n</details>\n\nend\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for limit := range len(got) {
		cut := s.markdown(limit)
		if len(cut) > limit || strings.Count(cut, "<details>") != strings.Count(cut, "</details>") {
			t.Fatalf("within %d bytes: %d: %s", limit, len(cut), cut)
		}
	}
}

// Azure Pipelines gets no tags, which its page may show as text. A long list of
// problems continues behind a click where there are tags.
func TestMarkdownWithoutHTML(t *testing.T) {
	t.Parallel()
	s := Summary{
		Title: "Pipeline permissions", Facts: [][2]string{{"tenant", "a.example"}}, Problems: slices.Repeat([]string{"`x<y` is open"}, 12),
		Head: []string{"Resource"}, Rows: slices.Repeat([][]string{{"<b> env-0001"}}, 21), Todo: []string{"look"},
	}
	got := s.markdown(maxSummary)
	for _, want := range []string{
		"- tenant: <code>a&#46;example</code>\n\n- ❌ <code>x&#60;y</code> is open\n",
		"\n<details><summary>2 more</summary>\n\n- ❌ ", "is open\n\n</details>\n\n| Resource |\n", "| <code>&#60;b&#62;</code> env-0001 |\n", "\n\n**What to do**\n\n- look\n",
	} {
		if !strings.Contains(strings.ReplaceAll(got, "a.example", "a&#46;example"), want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	plain := withoutHTML(got)
	if strings.Contains(plain, "<") || !strings.Contains(plain, "\n**2 more:**\n\n- ❌ x&#60;y is open\n") || !strings.Contains(plain, "\n**1 more row:**\n\n| Resource |\n") {
		t.Errorf("%s", plain)
	}
}

// Names of things are words; what GitHub would make a link of is not.
func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"region-0001": true, "deploy-web": true, "v2": true, ">": true, "2026-12-01": true, "won't": true,
		"GH-1": false, "gh-22": false, "0123456": false, "fac0ade1": false, "1b4f0000-0000-4000-8000-000000000001": false, "a.b": false, "@a": false, "#1": false,
	} {
		if isWord(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}

// What a check found is shown once, and then only what to do about it.
func TestSummarizeFailureAfterTheResult(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	h.Summarize(Summary{Title: "Pipeline permissions", Mark: Bad, Head: []string{"A"}, Rows: [][]string{{"b"}}})
	h.SummarizeFailure("azstep check-permissions", fault.New(fault.PolicyViolation, "the policy is violated").With("change it"))
	got := read(t, env["GITHUB_STEP_SUMMARY"])
	if !strings.HasPrefix(got, "### ❌ Pipeline permissions\n\n| A |\n| --- |\n| b |\n\n**What to do**\n\n- change it\n\n[About policy-violation](") {
		t.Error(got)
	}
}

// Several invalid inputs are a list.
func TestSummarizeInvalidInputs(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	h.SummarizeFailure("azstep mint-pat", fault.Join([]error{fault.Input("scopes", "set it", "scopes is required"), fault.Input("lifetime", "at most 365d", "lifetime: 400d is too long")}))
	if got := read(t, env["GITHUB_STEP_SUMMARY"]); !strings.Contains(got, "failed\n\n- ❌ scopes is required\n- ❌ lifetime&#58; 400d is too long\n\n**What to do**\n") {
		t.Error(got)
	}
}

// A failed step shows on the job's page what failed and what to do.
func TestSummarizeFailure(t *testing.T) {
	t.Parallel()
	env := runner(t)
	h := start(Options{Kind: GitHub, Env: env})
	h.Hide(pat)
	h.SummarizeFailure("azstep mint-pat", fault.New(fault.MissingCredential, "no credential, and %s", pat).With("run `az login`, then `exec`", "ask an administrator"))
	want := `### ❌ azstep mint-pat failed

no credential, and <code>&#42;&#42;&#42;</code>

**What to do**

- run <code>az login</code>, then <code>exec</code>
- ask an administrator

[About missing-credential](https://github.com/azstep/azstep/blob/main/docs/errors.md#missing-credential)
`
	if diff := cmp.Diff(want, read(t, env["GITHUB_STEP_SUMMARY"])); diff != "" {
		t.Error(diff)
	}
	for _, o := range []Options{{Kind: Local}, {Kind: GitHub}, {Kind: AzurePipelines}} {
		h := start(o)
		h.SummarizeFailure("azstep", fault.New("iot-x](evil)", "x"))
		if h.stdout.Len()+h.stderr.Len() > 0 {
			t.Errorf("%s: printed what the log already contains: %s%s", o.Kind, h.stdout, h.stderr)
		}
	}
}
