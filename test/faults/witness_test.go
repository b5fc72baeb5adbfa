package faults

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	codes "github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/internal/steps"
)

// witness reads a step's output as its host does, and reports what is forged.
type witness struct {
	host           string
	task           bool
	terminal       bool // stdout is what it showed
	login          bool // stdout is a refresh token
	exec           bool
	exit           int
	stdout, stderr []byte
	env            map[string]string // environment of the step
	export         string            // the input export-env
	outputs        map[string]string // outputs as the host received them
	hostileSecret  bool
	findings       []string
}

func (w *witness) wrong(format string, args ...any) {
	w.findings = append(w.findings, fmt.Sprintf(format, args...))
}

// look returns everything that is forged.
func (w *witness) look() []string {
	switch w.host {
	case hosttest.GitHub:
		w.onGitHub()
	case hosttest.AzurePipelines:
		w.onAzure()
	default:
		w.onLaptop()
	}
	w.lines()
	for name := range w.outputs {
		if !slices.Contains(steps.AllOutputs(), kebab(name)) {
			w.wrong("an output named %q", name)
		}
	}
	return w.findings
}

// kebab reverses camel case.
func kebab(name string) string {
	return regexp.MustCompile("[A-Z]").ReplaceAllStringFunc(name, func(s string) string { return "-" + strings.ToLower(s) })
}

func (w *witness) onGitHub() {
	var r hosttest.Runner
	r.Feed(w.stdout)
	r.Feed(w.stderr)
	if r.Failed || len(r.Findings) > 0 || len(r.Outputs)+len(r.State) > 0 {
		w.wrong("the runner: failed %t, findings %q, outputs %q, state %q", r.Failed, r.Findings, r.Outputs, r.State)
	}
	for _, c := range r.Commands {
		w.command(c, []string{"add-mask", "error", "warning", "debug"}, "title")
	}
	w.errors(r.Annotations)
	w.outputs = w.pairs("GITHUB_OUTPUT", func(string) bool { return true })
	w.pairs("GITHUB_STATE", func(key string) bool { return key == stateKey })
	w.pairs("GITHUB_ENV", func(key string) bool { return isLease(key) || key == w.export })
	summary, err := os.ReadFile(w.env["GITHUB_STEP_SUMMARY"])
	if err != nil {
		w.wrong("%v", err)
	}
	w.markdown(string(summary))
}

var lease = regexp.MustCompile(`^AZSTEP_LEASE_[0-9a-f]{8}$`)

// stateKey is the only key in an action's state; its newest value counts.
const stateKey = "AZSTEP"

func isLease(key string) bool { return lease.MatchString(key) }

// pairs parses a file of the runner; the names must be allowed and not repeated.
func (w *witness) pairs(file string, allowed func(key string) bool) map[string]string {
	text, err := os.ReadFile(w.env[file])
	if err != nil {
		w.wrong("%v", err)
	}
	found, err := hosttest.ParseFileCommands(text)
	if err != nil {
		w.wrong("%s: %v", file, err)
	}
	all := map[string]string{}
	for _, p := range found {
		if _, twice := all[p.Key]; !allowed(p.Key) || twice && file == "GITHUB_OUTPUT" {
			w.wrong("%s sets %q", file, p.Key)
		}
		all[p.Key] = p.Value
	}
	return all
}

// command checks a command: azstep must be able to give it, and its properties must
// be allowed.
func (w *witness) command(c hosttest.Command, names []string, properties ...string) {
	if !slices.Contains(names, c.Name) {
		w.wrong("the command %s: %q", c.Name, c.Data)
	}
	for key, value := range c.Properties {
		if !slices.Contains(properties, key) || strings.Contains(value, mark) {
			w.wrong("the property %s=%q of %s", key, value, c.Name)
		}
	}
	masks := c.Name == "add-mask" || c.Name == "task.setsecret"
	given := c.Name == "task.setvariable" || masks && w.hostileSecret // its value may be hostile
	if strings.HasPrefix(c.Data, mark) && !given {
		w.wrong("the command %s says %q", c.Name, c.Data)
	}
}

// errors checks that the number of errors matches the exit code.
func (w *witness) errors(all []hosttest.Annotation) {
	n := 0
	for _, a := range all {
		if a.Level == "error" {
			n++
			w.code(a.Title)
		}
	}
	if n > 1 || w.exit == 0 && n > 0 || !w.exec && w.exit != 0 && n == 0 {
		w.wrong("exit %d with %d errors", w.exit, n)
	}
}

func (w *witness) code(code string) {
	known := slices.Contains(codes.Codes(), codes.Code(code)) || strings.HasPrefix(code, "pat-") || strings.HasPrefix(code, "iot-")
	if !known || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		w.wrong("the error code %q", code)
	}
}

func (w *witness) onAzure() {
	var a hosttest.Agent
	a.Feed(w.stdout)
	a.Feed(w.stderr)
	if a.Failed || len(a.Findings) > 0 || a.Result != "" {
		w.wrong("the agent: failed %t, findings %q, result %q", a.Failed, a.Findings, a.Result)
	}
	for _, c := range a.Commands {
		names := []string{"task.setsecret", "task.setvariable", "task.logissue", "task.debug", "task.addattachment"}
		if w.task {
			names = append(names, "task.settaskvariable")
		}
		w.command(c, names, "type", "name", "code", "variable", "isoutput", "issecret")
	}
	for key := range a.TaskVariables {
		if key != stateKey {
			w.wrong("the variable %q of the task", key)
		}
	}
	n := 0
	for _, i := range a.Issues {
		if i.Type == "error" {
			n++
			w.code(i.Code)
		}
	}
	if n > 1 || w.exit == 0 && n > 0 {
		w.wrong("exit %d with %d errors", w.exit, n)
	}
	w.outputs = map[string]string{}
	for _, v := range a.Variables {
		switch {
		case v.Output:
			w.outputs[v.Name] = v.Value
		case !isLease(v.Name) && v.Name != w.export:
			w.wrong("the variable %q", v.Name)
		}
	}
	for _, path := range a.Summaries {
		text, err := os.ReadFile(path)
		if err != nil {
			w.wrong("%v", err)
		}
		w.markdown(string(text))
	}
}

// onLaptop checks that stdout is one object in one line without any host's command.
func (w *witness) onLaptop() {
	w.outputs = map[string]string{}
	switch {
	case len(w.stdout) == 0 || w.exec:
		return
	case w.login:
		if strings.Count(string(w.stdout), "\n") != 1 || !isASCII(w.stdout) && !w.hostileSecret {
			w.wrong("stdout is not one token: %q", w.stdout)
		}
		return
	}
	outputs, err := hosttest.LaptopOutputs(w.stdout)
	if err != nil {
		w.wrong("stdout is no object: %v", err)
	}
	w.outputs = outputs
	if bytes.IndexByte(w.stdout, '\n') != len(w.stdout)-1 || bytes.ContainsAny(w.stdout, "#\r\x1b") || !isASCII(w.stdout) {
		w.wrong("stdout is not one plain line: %q", w.stdout)
	}
}

func isASCII(text []byte) bool {
	return !bytes.ContainsFunc(text, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' })
}

// beginnings lists how azstep's own lines begin.
var beginnings = []string{
	"azstep: ", "debug: ", "warning: ", "error: ", "hint: ", "::add-mask::", "::error title=", "::warning::", "::debug::",
	"##vso[task.setsecret]", "##vso[task.setvariable ", "##vso[task.settaskvariable ", "##vso[task.logissue type=", "##vso[task.debug]", "##vso[task.addattachment type=Distributedtask.Core.Summary;name=azstep",
}

// lines checks the streams as a terminal shows them.
func (w *witness) lines() {
	streams := [][]byte{w.stdout, w.stderr}
	switch {
	case w.terminal:
		streams = [][]byte{bytes.ReplaceAll(w.stdout, []byte("\r\n"), []byte("\n"))}
	case w.host == hosttest.Local || w.exec:
		streams = streams[1:]
	}
	for line := range strings.Lines(string(bytes.Join(streams, nil))) {
		line = strings.TrimSuffix(line, "\n")
		begins := slices.ContainsFunc(beginnings, func(b string) bool { return strings.HasPrefix(line, b) })
		// Masks and variables contain their values, and no log shows them.
		foreign := slices.ContainsFunc([]string{"##vso[task.setvariable ", "##vso[task.setsecret]", "::add-mask::"}, func(b string) bool { return strings.HasPrefix(line, b) })
		if !begins || !foreign && (!utf8.ValidString(line) || strings.ContainsFunc(line, invisible)) {
			w.wrong("the line %.300q", line)
		}
	}
}

func invisible(r rune) bool {
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

// aboutCode matches the only link in a failure's summary: to the page about its
// code.
var aboutCode = regexp.MustCompile(`^\[About ([a-z0-9-]+)\]\(https://github\.com/azstep/azstep/blob/main/docs/errors\.md#[a-z0-9-]+\)$`)

// markdown checks that the summary consists of azstep's own headings, tables and
// notes, and that Markdown or HTML gives no other text a meaning.
func (w *witness) markdown(text string) {
	columns := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		bars := strings.Count(line, "|")
		switch {
		case bars == 0:
			columns = 0
		case columns != 0 && bars != columns:
			w.wrong("a row of the summary has %d bars, and not %d: %q", bars, columns, line)
		default:
			columns = bars
		}
		if aboutCode.MatchString(line) {
			continue
		}
		plain := strings.NewReplacer("<code>", "", "</code>", "").Replace(line)
		if strings.ContainsAny(plain, "<>`") || strings.Contains(plain, "](") || strings.ContainsFunc(plain, invisible) {
			w.wrong("the summary's line %q", line)
		}
	}
}
