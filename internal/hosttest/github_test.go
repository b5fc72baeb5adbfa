package hosttest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// None of these lines changes how later ones are processed. A line that is not a
// command must be in the log unchanged.
func TestRunnerGrammar(t *testing.T) {
	t.Parallel()
	command := func(name, data string, props ...string) *Command {
		c := &Command{Name: name, Properties: map[string]string{}, Data: data}
		for i := 0; i < len(props); i += 2 {
			c.Properties[props[i]] = props[i+1]
		}
		return c
	}
	for line, want := range map[string]*Command{
		// ActionCommand.TryParseV2
		"::debug::text":                         command("debug", "text"),
		"::debug ::text":                        command("debug", "text"),
		"  \t::debug::text":                     command("debug", "text"),
		"\u00a0\u2003\u3000\u0085::debug::text": command("debug", "text"),
		"x ::debug::text":                       nil,
		"::DeBuG::text":                         command("debug", "text"),
		"::debug":                               nil,
		"::debug:text":                          nil,
		": :debug::text":                        nil,
		":::debug::text":                        nil,
		":: debug::text":                        nil,
		"::debug\tx=1::text":                    nil,
		"::no-command::text":                    nil,
		"::internal-set-repo-path a=b::text":    nil,
		"::debug::a::b":                         command("debug", "a::b"),
		"::debug::":                             command("debug", ""),
		"::debug::  text ":                      command("debug", "  text "),
		"::error file=a,line=1::text":           command("error", "text", "file", "a", "line", "1"),
		"::error   file=a  ::text":              command("error", "text", "file", "a"),
		"::error file=a, line=1::text":          command("error", "text", "file", "a", " line", "1"),
		"::error Title=a,title=b::text":         command("error", "text", "title", "b"),
		"::error title==a=b,file,line=::text":   command("error", "text", "title", "a=b"),
		"::error title=a%3Ab%2Cc%0Ad%0De%25::x": command("error", "x", "title", "a:b,c\nd\re%"),
		"::error title=%5D%3B%3b::%3A%2C%3B%5D": command("error", "%3A%2C%3B%5D", "title", "%5D%3B%3b"),
		"::error title=a::b%0Ac%0Dd%25e":        command("error", "b\nc\rd%e", "title", "a"),
		"::debug::%0a%0d":                       command("debug", "%0a%0d"),
		"::debug::%250A":                        command("debug", "%0A"),
		"::debug::%2525":                        command("debug", "%25"),
		"::debug::%25%30A":                      command("debug", "%%30A"),
		"::debug::%":                            command("debug", "%"),
		"::debug::##[set-output name=a]b":       command("debug", "##[set-output name=a]b"),
		"\u200b::debug::text":                   nil,
		"::debug\u200b::text":                   nil,
		"::add-matcher::matcher.json":           command("add-matcher", "matcher.json"),
		"::remove-matcher owner=tsc::":          command("remove-matcher", "", "owner", "tsc"),
		// ActionCommand.TryParse
		"##[debug]text":                            command("debug", "text"),
		"any text ##[debug]text":                   command("debug", "text"),
		"any text ##[DEBUG]text":                   command("debug", "text"),
		"::no:: ##[debug]text":                     command("debug", "text"),
		"##[no] ##[debug]text":                     nil,
		"## [debug]text":                           nil,
		"###[debug]text":                           command("debug", "text"),
		"##[debug text":                            nil,
		"##[debug ]text":                           command("debug", "text"),
		"##[ debug]text":                           nil,
		"##[debug]a]b":                             command("debug", "a]b"),
		"##[error file=a;line=1]text":              command("error", "text", "file", "a", "line", "1"),
		"##[error file=a,line=1]text":              command("error", "text", "file", "a,line=1"),
		"##[error title=%3B%0D%0A%5D%25%3A]%3B%5D": command("error", ";]", "title", ";\r\n]%%3A"),
		"##[group]a":                               command("group", "a"),
		"##[section]a":                             nil,
		"##[command]a":                             nil,
	} {
		var r Runner
		r.Feed([]byte(line + "\n"))
		if want == nil {
			if diff := cmp.Diff([]string{line}, r.Log); diff != "" || r.Commands != nil {
				t.Errorf("%q: %v, %s", line, r.Commands, diff)
			}
			continue
		}
		if diff := cmp.Diff([]Command{*want}, r.Commands); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

func TestRunner(t *testing.T) {
	t.Parallel()
	warning := func(s string) []Annotation { return []Annotation{{Level: "warning", Message: s}} }
	failed := func(what, why string) Runner {
		what = "unable to process command '" + what + "'"
		return Runner{
			Failed:      true,
			Annotations: []Annotation{{Level: "error", Message: what}, {Level: "error", Message: why}},
			Log:         []string{"##[error]" + what, "##[error]" + why},
		}
	}
	const badToken = "the token may not be empty, 'pause-logging' or a command"
	for name, tc := range map[string]struct {
		runner Runner
		stream string
		want   Runner
	}{
		"a line is a line":                {stream: "a\rb\r\nc", want: Runner{Log: []string{"a", "b", "c"}}},
		"a CR begins a line, too":         {stream: "harmless\r::debug::x", want: Runner{Log: []string{"harmless"}, Debug: []string{"x"}}},
		"debug is dropped":                {stream: "::debug::x\n", want: Runner{Debug: []string{"x"}}},
		"debug is logged line by line":    {runner: Runner{StepDebug: true}, stream: "::debug::x%0D%0Ay\n", want: Runner{StepDebug: true, Debug: []string{"x\r\ny"}, Log: []string{"##[debug]x", "##[debug]y"}}},
		"groups":                          {stream: "::group::g\n::endgroup::x\n", want: Runner{Log: []string{"##[group]g", "##[endgroup]"}}},
		"set-output":                      {stream: "::set-output name=a::b%0Ac\n", want: Runner{Outputs: map[string]string{"a": "b\nc"}, Annotations: warning("the command set-output is deprecated"), Log: []string{"##[warning]the command set-output is deprecated"}}},
		"set-output, anywhere":            {stream: "from a server: ##[set-output name=a]b\n", want: Runner{Outputs: map[string]string{"a": "b"}, Annotations: warning("the command set-output is deprecated"), Log: []string{"##[warning]the command set-output is deprecated"}}},
		"save-state":                      {stream: "::save-state name=a::b\n", want: Runner{State: map[string]string{"a": "b"}, Annotations: warning("the command save-state is deprecated"), Log: []string{"##[warning]the command save-state is deprecated"}}},
		"set-output without name":         {stream: "::set-output::b\n", want: failed("::set-output::b", "the property name of set-output is missing")},
		"set-env is disabled":             {stream: "::set-env name=a::b\n", want: failed("::set-env name=a::b", "the command set-env is disabled")},
		"add-path is disabled":            {stream: "::add-path::/evil\n", want: failed("::add-path::/evil", "the command add-path is disabled")},
		"notice":                          {stream: "::notice title=t::m\n", want: Runner{Annotations: []Annotation{{Level: "notice", Title: "t", Message: "m"}}, Log: []string{"##[notice]m"}}},
		"notice on an old server":         {runner: Runner{NoNotices: true}, stream: "::notice::m\n", want: Runner{NoNotices: true, Log: []string{"::notice::m"}}},
		"NOTICE on an old server":         {runner: Runner{NoNotices: true}, stream: "::NOTICE::m\n", want: Runner{NoNotices: true, Annotations: []Annotation{{Level: "notice", Message: "m"}}, Log: []string{"##[notice]m"}}},
		"all properties":                  {stream: "::error file=f,line=1,endLine=2,col=3,endColumn=4,title=t::m\n", want: Runner{Annotations: []Annotation{{"error", "m", "t", "f", "1", "2", "3", "4"}}, Log: []string{"##[error]m"}}},
		"what it prints it does not read": {stream: "::error::a%0A::set-output name=x::y\n", want: Runner{Annotations: []Annotation{{Level: "error", Message: "a\n::set-output name=x::y"}}, Log: []string{"##[error]a\n::set-output name=x::y"}}},

		"echo on":          {stream: "::echo::on\n::group::g\n::add-mask::secret\n::debug::d\n", want: Runner{Log: []string{"::group::g", "##[group]g", "::add-mask::***"}, Masks: []string{"secret"}, Debug: []string{"d"}}},
		"echo off":         {stream: "::echo:: ON \n::echo::Off\n::group::g\n", want: Runner{Log: []string{"::echo::Off", "##[group]g"}}},
		"echo of anything": {stream: "::echo::maybe\n", want: failed("::echo::maybe", "echo is on or off, not 'maybe'")},

		"stop":                   {stream: "::stop-commands::a-token\n::debug::x\n##[set-output name=a]b\n::a-token::\n::debug::y\n", want: Runner{Log: []string{"::stop-commands::***", "::debug::x", "##[set-output name=a]b", "::***::"}, Masks: []string{"a-token"}, Debug: []string{"y"}}},
		"stop, other case":       {stream: "::stop-commands::a-Token\n::A-TOKEN::\n::debug::y\n", want: Runner{Log: []string{"::stop-commands::***", "::A-TOKEN::"}, Masks: []string{"a-Token"}, Debug: []string{"y"}}},
		"stop, resumed anywhere": {stream: "::stop-commands::a-token\nx ##[a-token]\n::debug::y\n", want: Runner{Log: []string{"::stop-commands::***", "x ##[***]"}, Masks: []string{"a-token"}, Debug: []string{"y"}}},
		"stop, no mask is added": {stream: "::stop-commands::a-token\n::add-mask::secret\nsecret\n", want: Runner{Log: []string{"::stop-commands::***", "::add-mask::secret", "secret"}, Masks: []string{"a-token"}}},
		"stop, short token":      {stream: "::stop-commands::abcdef\nabcdef\n", want: Runner{Log: []string{"::stop-commands::abcdef", "abcdef"}}},
		"stop, token is gone":    {stream: "::stop-commands::tok\n::tok::\n::tok::\n", want: Runner{Log: []string{"::stop-commands::tok", "::tok::", "::tok::"}}},
		"stop, no token":         {stream: "::stop-commands::\n", want: failed("stop-commands", badToken)},
		"stop, a command":        {stream: "::stop-commands::Debug\n", want: failed("stop-commands", badToken)},
		"stop, known token":      {stream: "::stop-commands::Pause-Logging\n", want: failed("stop-commands", badToken)},

		"found without invisible characters": {
			stream: ":\u200b:debug::x\n##\u00ad[debug]x\n#\x00#[debug]x\n::debug\ufe0f::x\nplain\u200btext\n",
			want: Runner{
				Log:      []string{":\u200b:debug::x", "##\u00ad[debug]x", "#\x00#[debug]x", "::debug\ufe0f::x", "plain\u200btext"},
				Findings: []string{":\u200b:debug::x", "##\u00ad[debug]x", "#\x00#[debug]x", "::debug\ufe0f::x"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.runner
			r.Feed([]byte(tc.stream))
			if diff := cmp.Diff(tc.want, r, cmpopts.IgnoreUnexported(r), cmpopts.IgnoreFields(r, "Commands")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRunnerLimits(t *testing.T) {
	t.Parallel()
	var r Runner
	r.Feed([]byte(strings.Repeat("::warning::w\n::error::e\n", 12)))
	if len(r.Annotations) != 20 || len(r.Log) != 24 {
		t.Errorf("%d annotations and %d lines; want 20 and 24", len(r.Annotations), len(r.Log))
	}
	r = Runner{}
	r.Feed([]byte("::add-mask::" + strings.Repeat("s", 100) + "\n::error::" + strings.Repeat("s", 100) + strings.Repeat("é", 5000) + "\n"))
	if got := r.Annotations[0].Message; got != "***"+strings.Repeat("é", 4093) {
		t.Errorf("message of %d characters: %.10s", length(got), got)
	}
	r.Feed([]byte("::add-mask::secret\n"))
	if got := string(r.Summary([]byte("# a\r\na secret\nsec\nret"))); got != "# a\na ***\nsec\nret\n" {
		t.Errorf("summary %q", got)
	}
	if got := r.Summary(make([]byte, 1<<20)); len(got) != 1<<20+1 || len(r.Annotations) != 1 {
		t.Errorf("the largest summary has %d bytes", len(got))
	}
	if got := r.Summary(make([]byte, 1<<20+1)); got != nil || len(r.Annotations) != 2 || r.Failed {
		t.Errorf("too large a summary: %d bytes, %v", len(got), r.Annotations)
	}
}

func TestRunnerMasks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mask string // data of add-mask, escaped
		in   string
		want string
	}{
		"everywhere":                  {"secret", "a secret, a secretsecret", "a ***, a ***"},
		"not in parts":                {"secret", "secre ecret", "secre ecret"},
		"case matters":                {"secret", "SECRET", "SECRET"},
		"overlapping":                 {"aba", "xababay", "x***y"},
		"white space alone":           {"%0A \t", "a b", "a b"},
		"with and without blanks":     {" a b ", "x a b ya b", "x***y***"},
		"no shortest length":          {"q", "quick q", "***uick ***"},
		"each line of many":           {"one%0A  two %0D%0A%0Athree", "one two three", "*** *** ***"},
		"a line `{` hides all":        {"{%0A\"a\": 1%0A}", "{}", "***"},
		"percent signs":               {"a%2525b", "a%25b", "***"},
		"base64":                      {"secretly", "c2VjcmV0bHk=", "***"},
		"base64, but not unpadded":    {"secretly", "c2VjcmV0bHk", "c2VjcmV0bHk"},
		"base64 after one byte":       {"secretly", "x: OnNlY3JldGx5", "x: OnNl***"},
		"base64 of basic":             {"fake-pat-0001", "OmZha2UtcGF0LTAwMDE=", "OmZh***"},
		"base64url":                   {"??>>??>>", "Pz8-Pj8_Pj4", "Pz8-Pj8_Pj4"},
		"hexadecimal":                 {"secret", "736563726574", "736563726574"},
		"double quotes escaped":       {`a"b"c`, `a\"b\"c`, "***"},
		"single quotes doubled":       {"it's", "it''s", "***"},
		"JSON":                        {"a\\b\t\"", `a\\b\t\"`, "***"},
		"JSON, no HTML in it":         {`<a>\&`, `\u003ca\u003e\\\u0026`, `\u003ca\u003e\\\u0026`},
		"percent-encoded":             {"a+/=~é", "a%2B%2F%3D~%C3%A9", "***"},
		"percent-encoded, lower case": {"a+/=", "a%2b%2f%3d", "a%2b%2f%3d"},
		"form-encoded":                {"a b", "a+b", "a+b"},
		"XML":                         {`<a>&"'`, "&lt;a&gt;&amp;&quot;&apos;", "***"},
		"HTML of Go":                  {`a"b`, "a&#34;b", "a&#34;b"},
		"quotes around are taken off": {`"quoted!"`, "is quoted!", "is ***"},
		"but not short ones":          {`"quoted"`, "is quoted", "is quoted"},
		"before an ampersand":         {"abcde&fghijk&l", "abcde&fghijk& l", "*** l"},
		"short before an ampersand":   {"abcd&fghijk", "abcd& fghijk", "abcd& ***"},
		"around ampersand and plus":   {"abcd&+efghijk&l", "abcd&+ fghijk&l", "*** ***"},
		"short after ampersand, plus": {"abcdef&+ghijkl", "ghijkl", "ghijkl"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var r Runner
			r.Feed([]byte("::add-mask::" + tc.mask + "\n" + tc.in + "\n::error::" + strings.ReplaceAll(tc.in, "%", "%25") + "\n"))
			last := len(r.Log) - 1
			if r.Log[last-1] != tc.want || r.Log[last] != "##[error]"+tc.want || r.Mask(tc.in) != tc.want {
				t.Errorf("%q; want %q", r.Log, tc.want)
			}
			if r.Failed {
				t.Error("failed")
			}
		})
	}
}

func TestRunnerCannotMask(t *testing.T) {
	t.Parallel()
	var r Runner
	r.Feed([]byte("::add-mask::secret&+\nsecret&+\n::add-mask::\n"))
	if !r.Failed || r.Masks != nil || !strings.Contains(strings.Join(r.Log, "\n"), "\nsecret&+\n") {
		t.Errorf("failed %v, masks %q, log %q", r.Failed, r.Masks, r.Log)
	}
	if last := r.Annotations[len(r.Annotations)-1]; last.Level != "warning" {
		t.Errorf("an empty mask: %+v", last)
	}
}

func TestRunnerEncodersAreEleven(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i, encode := range runnerEncoders() {
		got, err := encode(`"a'&<b>\é` + "\t&+xyzabc def\"")
		if err != nil || got == "" {
			t.Errorf("encoder %d: %q, %v", i, got, err)
		}
		seen[got]++
	}
	if len(seen) != 11 {
		t.Error(fmt.Sprint(len(seen), " different forms"))
	}
}
