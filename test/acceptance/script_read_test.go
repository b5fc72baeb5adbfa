//go:build unix

package acceptance

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/program"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// view is a run's output as its host sees it.
type view struct {
	log      []string // the log as its reader sees it
	notes    []note
	commands []hosttest.Command
	findings []string // lines that could be taken for commands
	failed   bool     // a command failed
	mask     func(string) string
}

// note is an annotation, or the corresponding line on a laptop.
type note struct{ level, code, text string }

// read lets the host's double interpret the run.
func (r *result) read() error {
	r.outputs, r.state, r.exported = map[string]string{}, map[string]string{}, map[string]string{}
	switch r.host {
	case hostAction, hostGitHub:
		return r.readGitHub()
	case hostAzure, hostTask:
		return r.readAzure()
	}
	return r.readLocal()
}

// feed passes on the two streams in the order in which they begin: exec writes its
// own messages to stderr before the command runs.
func (r *result) feed(host func([]byte)) {
	if r.does("exec") {
		host(r.stderr)
		host(r.stdout)
		return
	}
	host(r.stdout)
	host(r.stderr)
}

func (r *result) readGitHub() error {
	var runner hosttest.Runner
	r.feed(runner.Feed)
	for path, into := range map[string]map[string]string{r.files.output: r.outputs, r.files.state: r.state, r.files.env: r.exported} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // a script has removed the file
		}
		pairs, err := hosttest.ParseFileCommands(text)
		if err != nil {
			return fmt.Errorf("the runner cannot read %s: %w", path, err)
		}
		for _, p := range pairs {
			into[p.Key] = p.Value
			if path == r.files.env && p.Key == r.given["AZSTEP_EXPORT_ENV"]+r.given["INPUT_EXPORT-ENV"] {
				r.secretVariables = append(r.secretVariables, p.Key)
			}
		}
	}
	if text, err := os.ReadFile(r.files.summary); err == nil {
		r.summary = runner.Summary(text)
	}
	r.seen = view{log: runner.Log, commands: runner.Commands, findings: runner.Findings, failed: runner.Failed, mask: runner.Mask}
	for _, a := range runner.Annotations {
		r.seen.notes = append(r.seen.notes, note{a.Level, a.Title, a.Message})
	}
	return nil
}

func (r *result) readAzure() error {
	agent := hosttest.Agent{KeepPercents: r.keepsPercents(), Sees: func(path string) bool { return strings.HasPrefix(path, r.given["AGENT_TEMPDIRECTORY"]+"/") }}
	r.feed(agent.Feed)
	for _, v := range agent.Variables {
		switch {
		case v.Output:
			r.outputs[v.Name] = v.Value
		case v.Secret:
			r.exported[v.Name] = v.Value // as if every later step mapped it
			r.secretVariables = append(r.secretVariables, v.Name)
		default: // the variable as steps see it: azure-pipelines-agent VarUtil.cs
			r.exported[strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(v.Name))] = v.Value
		}
	}
	maps.Copy(r.state, agent.TaskVariables)
	for _, path := range agent.Summaries {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r.summary = append(r.summary, text...)
	}
	r.seen = view{log: agent.Log, commands: agent.Commands, findings: agent.Findings, failed: agent.Failed, mask: agent.Mask}
	for _, i := range agent.Issues {
		r.seen.notes = append(r.seen.notes, note{i.Type, i.Code, i.Message})
	}
	return nil
}

// keepsPercents reports whether the agent of this job keeps percent signs as they
// are.
func (r *result) keepsPercents() bool { return strings.EqualFold(r.given["DECODE_PERCENTS"], "false") }

func (r *result) readLocal() error {
	r.seen.mask = func(s string) string { return s }
	r.seen.log = strings.Split(strings.TrimSuffix(string(r.stderr), "\n"), "\n")
	for _, line := range r.seen.log {
		if level, text, ok := strings.Cut(line, ": "); ok && (level == "error" || level == "warning") {
			r.seen.notes = append(r.seen.notes, note{level: level, text: text})
		}
	}
	if !r.hasJSON() {
		return nil
	}
	outputs, err := hosttest.LaptopOutputs(r.stdout)
	if err != nil {
		return fmt.Errorf("stdout is not one JSON object: %w", err)
	}
	maps.Copy(r.outputs, outputs)
	if program.IsOther() {
		return nil
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.stdout))
	if err == nil {
		err = outputsSchema().Validate(whole)
	}
	if err != nil {
		return fmt.Errorf("stdout does not match docs/outputs.schema.json: %w", err)
	}
	return nil
}

// outputsSchema is the documented schema of the JSON on a laptop.
var outputsSchema = sync.OnceValue(func() *jsonschema.Schema {
	return jsonschema.NewCompiler().MustCompile("../../docs/outputs.schema.json")
})

// hasJSON reports whether stdout must contain the outputs of a laptop.
func (r *result) hasJSON() bool {
	for _, other := range []string{"exec", "login", "help", "--help", "-h", "version", "--version", "completion"} {
		if r.does(other) {
			return false
		}
	}
	if slices.Contains(r.args, "--help") || slices.Contains(r.args, "-h") {
		return false
	}
	text := bytes.TrimSpace(r.stdout)
	return len(text) > 0 && (!r.isShell || text[0] == '{')
}

// camel converts an output's name to the spelling of hosts other than GitHub.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

// get returns the output with that name, which is given in kebab case.
func (r *result) get(name string) (string, bool) {
	if r.host != hostAction && r.host != hostGitHub {
		name = camel(name)
	}
	value, ok := r.outputs[name]
	return value, ok
}
