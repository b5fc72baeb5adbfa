//go:build unix

package acceptance

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// action holds the parts of action.yml that the tests read.
type action struct {
	Inputs map[string]struct {
		Description, Default string
		Required             bool
	}
	Outputs map[string]struct{ Description string }
	Runs    struct {
		Main, Post string
	}
}

func readAction() action {
	var a action
	if err := yaml.Unmarshal(manifest, &a); err != nil {
		return action{} // TestManifest reports it
	}
	return a
}

// manifestOutputs returns the outputs in action.yml.
func manifestOutputs() []string { return slices.Sorted(maps.Keys(readAction().Outputs)) }

// TestManifest compares action.yml with the code, both ways.
func TestManifest(t *testing.T) {
	t.Parallel()
	var a action
	if err := yaml.Unmarshal(manifest, &a); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(inputsOfCode(), slices.Sorted(maps.Keys(a.Inputs))); diff != "" {
		t.Errorf("inputs of the code (-) and of action.yml (+):\n%s", diff)
	}
	if diff := cmp.Diff(outputsOfCode(t), manifestOutputs()); diff != "" {
		t.Errorf("outputs of the code (-) and of action.yml (+):\n%s", diff)
	}
	for name, about := range a.Inputs {
		if about.Description == "" || about.Required != (name == "operation") {
			t.Errorf("input %s: description %q, required %v", name, about.Description, about.Required)
		}
		if code := defaultsOfCode()[name]; about.Default != "" && about.Default != code {
			t.Errorf("input %s: default %q, in the code %q", name, about.Default, code)
		}
	}
	for name, about := range a.Outputs {
		if about.Description == "" {
			t.Errorf("output %s: no description", name)
		}
	}
}

// TestAction checks that the runner can start what the manifests name: scripts that
// exist, or an image without arguments (the runner would quote them badly), and
// entry points of one word that the program recognizes.
func TestAction(t *testing.T) {
	t.Parallel()
	runs := readAction().Runs
	for _, script := range []string{runs.Main, runs.Post} {
		if info, err := os.Stat(root + "/" + script); err != nil || !info.Mode().IsRegular() {
			t.Errorf("runs: %+v: %v", runs, err)
		}
	}
	text, err := os.ReadFile(root + "/docker/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var docker struct {
		Runs struct {
			Using, Entrypoint string
			PostEntrypoint    string `yaml:"post-entrypoint"`
			Args, Env         any
		}
	}
	if err := yaml.Unmarshal(text, &docker); err != nil {
		t.Fatal(err)
	}
	if in := docker.Runs; in.Using != "docker" || in.Args != nil || in.Env != nil ||
		!host.StartedAs(in.PostEntrypoint).Post || host.StartedAs(in.Entrypoint).Kind != host.GitHub || host.StartedAs(in.PostEntrypoint).Kind != host.GitHub {
		t.Errorf("docker/action.yml runs: %+v", in)
	}
}

// TestHelpFitsATerminal checks that no line of help exceeds 80 columns.
func TestHelpFitsATerminal(t *testing.T) {
	t.Parallel()
	pages := [][]string{{"help"}}
	for _, op := range steps.All() {
		pages = append(pages, []string{"help", op.Name})
	}
	for _, words := range pages {
		var out bytes.Buffer
		p := command.Process{Args: append([]string{"azstep"}, words...), Manifest: manifest, Stdout: &out, Stderr: &out}
		if code := p.Run(t.Context()); code != 0 || out.Len() == 0 {
			t.Errorf("%q: exit code %d\n%s", words, code, &out)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%q: %d columns: %s", words, n, line)
			}
		}
	}
}

func inputsOfCode() []string {
	names := append([]string{"operation"}, input.Names(new(steps.Common))...)
	for _, op := range steps.All() {
		names = append(names, input.Names(op.New())...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// defaultsOfCode returns the defaults in the tags of the inputs' structs.
func defaultsOfCode() map[string]string {
	found := map[string]string{}
	collect(reflect.TypeFor[steps.Common](), found)
	for _, op := range steps.All() {
		collect(reflect.TypeOf(op.New()).Elem(), found)
	}
	return found
}

func collect(t reflect.Type, into map[string]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			collect(f.Type, into)
			continue
		}
		key, value, ok := strings.Cut(f.Tag.Get("env"), ", default=")
		if ok {
			into[strings.ToLower(strings.ReplaceAll(key, "_", "-"))] = value
		}
	}
}

// outputsOfCode returns the names in all literals of host.Output.
func outputsOfCode(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{"error": true} // a constant of package host
	files, err := filepath.Glob(root + "/internal/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		dir := filepath.Base(filepath.Dir(path))
		if strings.HasSuffix(path, "_test.go") || !slices.Contains([]string{"steps", "audit", "command", "host"}, dir) {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.CompositeLit); ok {
				if name, ok := outputName(literal); ok {
					found[name] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// outputName returns the name in {Name: "…", Value: …}.
func outputName(literal *ast.CompositeLit) (name string, ok bool) {
	for _, element := range literal.Elts {
		pair, isPair := element.(*ast.KeyValueExpr)
		if !isPair {
			return "", false
		}
		switch key, _ := pair.Key.(*ast.Ident); {
		case key == nil:
			return "", false
		case key.Name == "Name":
			if text, isText := pair.Value.(*ast.BasicLit); isText {
				name, _ = strconv.Unquote(text.Value)
			}
		case key.Name == "Value":
			ok = true
		}
	}
	return name, ok && name != ""
}
