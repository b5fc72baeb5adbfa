package command

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

func manifest(t *testing.T) manual {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := documentation(text)
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// everyHelp returns the help for every operation and command on every host.
func everyHelp(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for name, on := range map[string]struct {
		kind  host.Kind
		style input.Style
	}{
		"action": {host.GitHub, input.With}, "run": {host.GitHub, input.Env}, "script": {host.AzurePipelines, input.Env},
		"task": {host.AzurePipelines, input.Camel}, "laptop": {host.Local, input.Shell},
	} {
		spell := input.Speller{Style: on.style, IsInput: func(string) bool { return false }}
		text := func() *helpText {
			return &helpText{docs: manifest(t), style: on.style, spell: spell, kind: on.kind}
		}
		page := text()
		page.overview()
		all[name] = page.String()
		for _, op := range steps.All() {
			page := text()
			page.operation(op)
			all[name+" "+op.Name] = page.String()
		}
		for _, command := range commands() {
			about, ok := manualOf(command)
			if !ok {
				t.Errorf("%s has no help", command)
			}
			page := text()
			page.command(about)
			all[name+" "+command] = page.String()
		}
	}
	return all
}

func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	for name, text := range everyHelp(t) {
		for line := range strings.Lines(text) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > helpWidth {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
		if !strings.Contains(text, pages) {
			t.Errorf("%s does not name its page", name)
		}
	}
}

func TestHelpHasEverything(t *testing.T) {
	t.Parallel()
	all := everyHelp(t)
	for _, op := range steps.All() {
		text := all["laptop "+op.Name]
		for _, in := range append(input.Names(op.New()), input.Names(new(steps.Common))...) {
			if !strings.Contains(text, "\n  "+input.Shell.Name(in)+"\n") {
				t.Errorf("%s lacks the input %s", op.Name, in)
			}
		}
		if len(op.Outputs) == 0 {
			t.Errorf("%s has no outputs", op.Name)
		}
		for _, out := range append(op.Outputs, steps.SharedOutputs()...) {
			if !strings.Contains(text, "\n  "+input.CamelCase(out)+"\n") {
				t.Errorf("%s lacks the output %s, or action.yml does", op.Name, out)
			}
		}
	}
}

// An example must be valid as it is printed: its inputs pass every check.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	for _, op := range steps.All() {
		settings := exampleOf(op.Name)
		if len(settings) == 0 {
			t.Errorf("%s has no example", op.Name)
		}
		env := map[string]string{}
		for _, s := range settings {
			env[input.Shell.Name(s.name)] = s.value
		}
		if problems := input.NewSource(env, false, false).Decode(context.Background(), op.New()); len(problems) > 0 {
			t.Errorf("%s: %v", op.Name, problems)
		}
	}
}

// The script for bash must complete the words in the tables.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	for words, want := range map[string]string{
		"mint-p": "mint-pat", "exec mint-i": "mint-iot-token", "exec rev": "", "exec mint-pat -": "-- --help", "help ver": "version",
		"completion f": "fish", "ensure-team --h": "--help", "exec mint-pat -- azstep-no-such-": "", "exec -- cat /dev/nul": "/dev/null",
	} {
		all := strings.Split("azstep "+words, " ")
		script := bash() + "COMP_WORDS=(" + strings.Join(all, " ") + "); COMP_CWORD=" + string(rune('0'+len(all)-1)) + `; _azstep; echo "${COMPREPLY[*]}"`
		out, err := exec.CommandContext(t.Context(), shell, "--norc", "-c", script).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%q completes to %q (%v), want %q", words, got, err, want)
		}
	}
}

// A shell reads the words between single quotes, so they must not contain any that
// are not escaped.
func TestCompletionIsQuoted(t *testing.T) {
	t.Parallel()
	escaped := strings.NewReplacer(`'\''`, "", `\'`, "", `''s`, "")
	for name, script := range map[string]string{"zsh": zsh(), "fish": fish(), "powershell": powerShell()} {
		for line := range strings.Lines(escaped.Replace(script)) {
			if !strings.HasPrefix(line, "#") && strings.Count(line, "'")%2 != 0 {
				t.Errorf("%s: %s", name, line)
			}
		}
		for _, word := range allWords() {
			if !strings.Contains(script, word) {
				t.Errorf("%s lacks %s", name, word)
			}
		}
		if strings.Contains(script, "%!") {
			t.Errorf("%s: %s", name, script)
		}
	}
}
