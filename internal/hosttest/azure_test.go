package hosttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A line that is not a command must be in the log unchanged.
func TestAgentGrammar(t *testing.T) {
	t.Parallel()
	command := func(name, data string, props ...string) *Command {
		c := &Command{Name: name, Properties: map[string]string{}, Data: data}
		for i := 0; i < len(props); i += 2 {
			c.Properties[props[i]] = props[i+1]
		}
		return c
	}
	for line, want := range map[string]*Command{
		"##vso[task.debug]text":                       command("task.debug", "text"),
		"any text ##vso[task.debug]text":              command("task.debug", "text"),
		"###vso[task.debug]text":                      command("task.debug", "text"),
		"##VSO[task.debug]text":                       nil,
		"## vso[task.debug]text":                      nil,
		"##[debug]text":                               nil,
		"::debug::text":                               nil,
		"##vso [task.debug]text":                      nil,
		"##vso[task.debug text":                       nil,
		"##vso[Task.DEBUG]text":                       command("task.debug", "text"),
		"##vso[task]text":                             nil,
		"##vso[task.debug.more]text":                  nil,
		"##vso[.task..debug.]text":                    command("task.debug", "text"),
		"##vso[ task.debug]text":                      nil,
		"##vso[task.debug ]text":                      command("task.debug", "text"),
		"##vso[task.debug;a=b]text":                   nil, // event `debug;a=b`, which the area does not have
		"##vso[task.debug a=b;A=c]text":               command("task.debug", "text", "a", "c"),
		"##vso[task.debug a=b; c=d;;e;f=]text":        command("task.debug", "text", "a", "b", " c", "d"),
		"##vso[task.debug a=b,c=d]text":               command("task.debug", "text", "a", "b,c=d"),
		"##vso[task.debug a==b]text":                  command("task.debug", "text", "a", "b"),
		"##vso[task.debug]a]b##vso[task.setsecret]c":  command("task.debug", "a]b##vso[task.setsecret]c"),
		"##vso[##vso[task.debug]text":                 command("##vso[task.debug", "text"), // an unknown area
		"##vso[task.debug]%3B%0D%0A%5D":               command("task.debug", ";\r\n]"),
		"##vso[task.debug]%3b%0d%25%2C%3A":            command("task.debug", "%3b%0d%25%2C%3A"),
		"##vso[task.debug]%AZP250A":                   command("task.debug", "%0A"),
		"##vso[task.debug]%AZP25AZP25":                command("task.debug", "%AZP25"),
		"##vso[task.debug]%azp25":                     command("task.debug", "%azp25"),
		"##vso[task.debug a=%3B%5D%AZP253B%0A]%":      command("task.debug", "%", "a", ";]%3B\n"),
		"##vso[artifact.upload artifactname=a]/etc/x": command("artifact.upload", "/etc/x", "artifactname", "a"),
		"##vso[build.updatebuildnumber]1":             command("build.updatebuildnumber", "1"),
	} {
		var a Agent
		a.Feed([]byte(line + "\n"))
		if line == "##vso[task.debug;a=b]text" {
			if !a.Failed {
				t.Errorf("%q: not failed", line)
			}
			continue
		}
		if want == nil {
			if a.Commands != nil || len(a.Log) == 0 || a.Log[len(a.Log)-1] != line {
				t.Errorf("%q: %v, %q", line, a.Commands, a.Log)
			}
			if warned := len(a.Issues) == 1; warned != strings.Contains(line, "##vso") {
				t.Errorf("%q: %v", line, a.Issues)
			}
			continue
		}
		if diff := cmp.Diff([]Command{*want}, a.Commands); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}

func TestAgent(t *testing.T) {
	t.Parallel()
	failed := func(line, why string) Agent {
		line = "unable to process command '" + line + "'"
		return Agent{
			Failed: true,
			Issues: []Issue{{Type: "error", Message: line}, {Type: "error", Message: why}},
			Log:    []string{"##[error]" + line, "##[error]" + why},
		}
	}
	warned := func(a Agent, message string) Agent {
		a.Issues = append(a.Issues, Issue{Type: "warning", Message: message})
		a.Log = append(a.Log, "##[warning]"+message)
		return a
	}
	for name, tc := range map[string]struct {
		agent  Agent
		stream string
		want   Agent
	}{
		"a line is a line":                            {stream: "a\rb\r\nc", want: Agent{Log: []string{"a", "b", "c"}}},
		"a CR begins a line, too":                     {stream: "a\r##vso[task.debug]x", want: Agent{Log: []string{"a"}}},
		"debug is logged if asked":                    {agent: Agent{SystemDebug: true}, stream: "##vso[task.debug]x%0Ay\n", want: Agent{SystemDebug: true, Log: []string{"##[debug]x", "##[debug]y"}}},
		"commands are repeated, unescaped and masked": {agent: Agent{SystemDebug: true}, stream: "##vso[task.setsecret]a%AZP25b;c\n", want: Agent{SystemDebug: true, Secrets: []string{"a%b;c"}, Log: []string{"##[debug]Processed: ##vso[task.setsecret]***"}}},
		"an unknown area is swallowed":                {stream: "no##vso[x.y]z\n", want: warned(Agent{}, "no command area x")},
		"an unknown event fails":                      {stream: "##vso[task.x]y\n", want: failed("##vso[task.x]y", "no command task.x")},
		"no command, but nearly":                      {stream: "##vso\n", want: Agent{Issues: []Issue{{Type: "warning", Message: "'##vso' in what is no command: ##vso"}}, Log: []string{"##[warning]'##vso' in what is no command: ##vso", "##vso"}}},
		"nothing stops commands":                      {stream: "::stop-commands::abc\n##vso[task.setprogress value=1]x\n", want: Agent{Log: []string{"::stop-commands::abc"}}},

		"variable":                                      {stream: "##vso[task.setvariable variable=a]b%0Ac\n", want: Agent{Variables: []Variable{{Name: "a", Value: "b\nc"}}}},
		"variable, all flags":                           {stream: "##vso[task.setvariable variable=a;isSecret=TRUE;isOutput= true ;isReadOnly=true]b\n", want: Agent{Variables: []Variable{{"a", "b", true, true, true}}, Secrets: []string{"b"}}},
		"variable, no flags":                            {stream: "##vso[task.setvariable variable=a;isSecret=1;isOutput=yes]b\n", want: Agent{Variables: []Variable{{Name: "a", Value: "b"}}}},
		"variable, empty":                               {stream: "##vso[task.setvariable variable=a;isSecret=true]\n", want: Agent{Variables: []Variable{{Name: "a", Secret: true}}}},
		"variable, again":                               {stream: "##vso[task.setvariable variable=a;isSecret=true]b\n##vso[task.setvariable variable=A]c\n", want: Agent{Variables: []Variable{{Name: "A", Value: "c", Secret: true}}, Secrets: []string{"b", "c"}}},
		"variable and output":                           {stream: "##vso[task.setvariable variable=a;isOutput=true]b\n##vso[task.setvariable variable=a]c\n", want: Agent{Variables: []Variable{{Name: "a", Value: "b", Output: true}, {Name: "a", Value: "c"}}}},
		"variable, read-only":                           {stream: "##vso[task.setvariable variable=a;isReadOnly=true]b\n##vso[task.setvariable variable=a]c\n", want: warned(Agent{Variables: []Variable{{Name: "a", Value: "c", ReadOnly: true}}}, "the variable a is read-only")},
		"variable, no name":                             {stream: "##vso[task.setvariable]b\n", want: failed("##vso[task.setvariable]b", "the property variable is missing")},
		"secret variable, escaped and not":              {stream: "##vso[task.setvariable variable=a;isSecret=true]b;c%AZP25\nb;c% b%3Bc%AZP25\n", want: Agent{Variables: []Variable{{Name: "a", Value: "b;c%", Secret: true}}, Secrets: []string{"b%3Bc%AZP25", "b;c%"}, Log: []string{"*** ***"}}},
		"secret of several lines is refused, and shown": {stream: "##vso[task.setvariable variable=a;isSecret=true]one%0Atwo\n", want: failed("##vso[task.setvariable variable=a;isSecret=true]one%0Atwo", "a secret may not have several lines")},
		"secret of several lines, permitted":            {agent: Agent{MultilineSecrets: true}, stream: "##vso[task.setvariable variable=a;isSecret=true]one%0Atwo\none\n", want: Agent{MultilineSecrets: true, Variables: []Variable{{Name: "a", Value: "one\ntwo", Secret: true}}, Secrets: []string{"one%0Atwo", "one\ntwo"}, Log: []string{"one"}}},
		"task variable":                                 {stream: "##vso[task.settaskvariable variable=a;isSecret=true]b\n", want: Agent{TaskVariables: map[string]string{"a": "b"}, Secrets: []string{"b"}}},
		"task variable, no name":                        {stream: "##vso[task.settaskvariable]b\n", want: failed("##vso[task.settaskvariable]b", "the property variable is missing")},

		"issue":             {stream: "##vso[task.logissue type=Warning]m\n", want: warned(Agent{}, "m")},
		"issue, old name":   {stream: "##vso[task.issue type=warning]m\n", want: warned(Agent{}, "m")},
		"issue in a file":   {stream: "##vso[task.logissue type=error;sourcepath=f.go;linenumber=1;columnnumber=2;code=C3]m\n", want: Agent{Issues: []Issue{{"error", "f.go(1,2): error C3: m", "f.go", "1", "2", "C3"}}, Log: []string{"##[error]f.go(1,2): error C3: m"}}},
		"issue, empty":      {stream: "##vso[task.logissue type=error]\n", want: Agent{Issues: []Issue{{Type: "error"}}}},
		"issue, no type":    {stream: "##vso[task.logissue]m\n", want: warned(Agent{}, "cannot create an issue without a type")},
		"issue, other type": {stream: "##vso[task.logissue type=notice]m\n", want: failed("##vso[task.logissue type=notice]m", "no issue type notice")},

		"complete":              {stream: "##vso[task.complete result=SucceededWithIssues]done\n", want: Agent{Result: "SucceededWithIssues"}},
		"complete, worst":       {stream: "##vso[task.complete result=Failed]\n##vso[task.complete result=Succeeded]\n", want: Agent{Result: "Failed", Failed: true}},
		"complete, no result":   {stream: "##vso[task.complete]done\n", want: failed("##vso[task.complete]done", "no result ''")},
		"complete, in its case": {stream: "##vso[task.complete result=failed]\n", want: failed("##vso[task.complete result=failed]", "no result 'failed'")},
		"summary":               {stream: "##vso[task.uploadsummary]/tmp/a.md\n", want: Agent{Summaries: []string{"/tmp/a.md"}, Attachments: []Attachment{{"Distributedtask.Core.Summary", "a.md", "/tmp/a.md"}}}},
		"summary, attached":     {stream: "##vso[task.addattachment type=DistributedTask.Core.Summary;name=n]/a.md\n", want: Agent{Summaries: []string{"/a.md"}, Attachments: []Attachment{{"DistributedTask.Core.Summary", "n", "/a.md"}}}},
		"summary, relative":     {stream: "##vso[task.uploadsummary]a.md\n", want: failed("##vso[task.uploadsummary]a.md", "no file 'a.md' to upload")},
		"summary, no path":      {stream: "##vso[task.uploadsummary]\n", want: failed("##vso[task.uploadsummary]", "no file '' to upload")},
		"file":                  {stream: "##vso[task.uploadfile]/tmp/a\n", want: Agent{Attachments: []Attachment{{"Distributedtask.Core.FileAttachment", "a", "/tmp/a"}}}},
		"attachment, no name":   {stream: "##vso[task.addattachment type=t]/a\n", want: failed("##vso[task.addattachment type=t]/a", "type or name of the attachment is missing or is no file name")},
		"attachment, bad name":  {stream: "##vso[task.addattachment type=t;name=../n]/a\n", want: failed("##vso[task.addattachment type=t;name=../n]/a", "type or name of the attachment is missing or is no file name")},
		"path":                  {stream: "##vso[task.prependpath]/bin\n", want: Agent{PrependPath: []string{"/bin"}}},
		"path, empty":           {stream: "##vso[task.prependpath]\n", want: failed("##vso[task.prependpath]", "the path is missing")},
		"details and progress":  {stream: "##vso[task.logdetail id=1]\n##vso[task.setprogress value=1]\n", want: Agent{}},
		"endpoint":              {stream: "##vso[task.setendpoint id=x;field=url]https://evil.example\n", want: failed("##vso[task.setendpoint id=x;field=url]https://evil.example", "no such endpoint")},
		"endpoint, its secret":  {stream: "##vso[task.setendpoint id=x;field=authParameter]secret\n", want: Agent{Secrets: []string{"secret"}, Failed: true, Issues: failed("##vso[task.setendpoint id=x;field=authParameter]***", "no such endpoint").Issues, Log: failed("##vso[task.setendpoint id=x;field=authParameter]***", "no such endpoint").Log}},
		"restricted":            {agent: Agent{Restricted: true}, stream: "##vso[task.uploadsummary]/a.md\n##vso[task.setsecret]abc\n", want: warned(Agent{Restricted: true, Secrets: []string{"abc"}}, "the command task.uploadsummary is not permitted here")},
		"found without invisible characters": {
			stream: "#\u200b#vso[task.debug]x\n##vs\u00ado[task.debug]x\n##vso\u2060[x\nplain\u200btext\n",
			want: Agent{
				Log:      []string{"#\u200b#vso[task.debug]x", "##vs\u00ado[task.debug]x", "##[warning]'##vso' in what is no command: ##vso\u2060[x", "##vso\u2060[x", "plain\u200btext"},
				Issues:   []Issue{{Type: "warning", Message: "'##vso' in what is no command: ##vso\u2060[x"}},
				Findings: []string{"#\u200b#vso[task.debug]x", "##vs\u00ado[task.debug]x"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := tc.agent
			a.Feed([]byte(tc.stream))
			if diff := cmp.Diff(tc.want, a, cmpopts.IgnoreUnexported(a), cmpopts.IgnoreFields(a, "Commands", "Debug")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAgentDebug(t *testing.T) {
	t.Parallel()
	var a Agent
	a.Feed([]byte("##vso[task.setsecret]hunter2\n##vso[task.debug]a hunter2\n##vso[task.setprogress value=1]x\n"))
	want := []string{"Processed: ##vso[task.setsecret]***", "a ***", "Processed: ##vso[task.setprogress value=1]x"}
	if diff := cmp.Diff(want, a.Debug); diff != "" || a.Log != nil {
		t.Error(diff, a.Log)
	}
}

func TestAgentLimits(t *testing.T) {
	t.Parallel()
	var a Agent
	a.Feed([]byte(strings.Repeat("##vso[task.logissue type=error]e\n##vso[task.logissue type=warning]w\n", 12)))
	if len(a.Issues) != 20 || len(a.Log) != 24 {
		t.Errorf("%d issues and %d lines; want 20 and 24", len(a.Issues), len(a.Log))
	}
}

func TestAgentSees(t *testing.T) {
	t.Parallel()
	a := Agent{Sees: func(path string) bool { return path == "/seen.md" }}
	a.Feed([]byte("##vso[task.uploadsummary]/seen.md\n"))
	if a.Failed || len(a.Summaries) != 1 {
		t.Errorf("failed %v, summaries %q", a.Failed, a.Summaries)
	}
	a.Feed([]byte("##vso[task.uploadsummary]/in/our/container.md\n"))
	if !a.Failed || len(a.Summaries) != 1 {
		t.Errorf("failed %v, summaries %q", a.Failed, a.Summaries)
	}
}

func TestAgentMasks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		agent  Agent
		secret string // data of setsecret, escaped
		in     string
		want   string
	}{
		"everywhere":              {secret: "secret", in: "a secret, a secretsecret", want: "a ***, a ***"},
		"overlapping":             {secret: "aba", in: "xababay", want: "x***y"},
		"case matters":            {secret: "secret", in: "SECRET", want: "SECRET"},
		"several lines as one":    {secret: "one%0Atwo", in: "one two", want: "one two"},
		"white space, too":        {secret: " ", in: "a b", want: "a***b"},
		"nothing":                 {secret: "", in: "a b", want: "a b"},
		"no base64":               {secret: "secret", in: "c2VjcmV0", want: "c2VjcmV0"},
		"no XML":                  {secret: "a&b", in: "a&amp;b", want: "a&amp;b"},
		"JSON":                    {secret: `a\b"c`, in: `a\\b\"c`, want: "***"},
		"percent-encoded":         {secret: "a+b/c", in: "a%2Bb%2Fc", want: "***"},
		"backslashes taken away":  {secret: `a\\b\'c\"d\te`, in: "a\\b'c\"d\te", want: "***"},
		"in the userinfo of URLs": {secret: "other", in: "https://user:pass:word@host/x https://host/a:b", want: "https://user:***@host/x https://host/a:b"},
		"short ones, if ignored":  {agent: Agent{ShortestSecret: 99}, secret: "12345", in: "12345 123456", want: "12345 123456"},
		"six are never ignored":   {agent: Agent{ShortestSecret: 99}, secret: "123456", in: "12345 123456", want: "12345 ***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := tc.agent
			a.Feed([]byte("##vso[task.setsecret]" + tc.secret + "\n" + tc.in + "\n"))
			if len(a.Log) != 1 || a.Log[0] != tc.want || a.Mask(tc.in) != tc.want || a.Failed {
				t.Errorf("%q; want %q", a.Log, tc.want)
			}
		})
	}
}
