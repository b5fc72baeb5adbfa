//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"

	"github.com/google/go-cmp/cmp"
)

// taskLib is Microsoft's own library for tasks of Azure Pipelines. It writes and
// reads the same commands as the agent, and agrees with it where both have a rule.
const taskLib = "azure-pipelines-task-lib@5.281.0"

// installed is the library that npm has installed, once for all tests.
var installed = struct {
	sync.Once
	dir  string
	note string // why it is not installed
}{}

func TestMain(m *testing.M) {
	code := m.Run()
	if installed.dir != "" {
		_ = os.RemoveAll(installed.dir)
	}
	os.Exit(code)
}

// ask passes requests to the library. If npm cannot install it, nothing is compared,
// and the log says so.
func ask[Q, A any](t *testing.T, requests []Q) ([]A, bool) {
	t.Helper()
	installed.Do(func() { install(t) })
	if installed.note != "" {
		t.Log("NOT COMPARED with " + taskLib + ": " + installed.note)
		return nil, false
	}
	var input bytes.Buffer
	for _, q := range requests {
		if err := json.NewEncoder(&input).Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	c := command(t, nil, "node", "testdata/tasklib.js", installed.dir)
	c.Stdin = &input
	r := finish(t, c)
	if r.exit != 0 {
		t.Fatalf("%s", r.stderr)
	}
	var answers []A
	for decoder := json.NewDecoder(bytes.NewReader(r.stdout)); decoder.More(); {
		var a A
		if err := decoder.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	return answers, true
}

func install(t *testing.T) {
	dir, err := os.MkdirTemp("", "azstep-e2e-npm-")
	if err != nil {
		t.Fatal(err)
	}
	installed.dir = dir
	c := command(t, nil, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", dir, taskLib)
	if text, err := c.CombinedOutput(); err != nil {
		installed.note = err.Error() + ": " + string(text)
	} else if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		installed.note = err.Error()
	}
}

// parsed is a command as the library reads it.
type parsed struct {
	Name       string
	Properties map[string]string
	Data       string
}

// compareWithTaskLib lets the library read each command that a step wrote, and
// compares it with what the agent's double read.
func compareWithTaskLib(t *testing.T, o agentOutcome) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(string(o.both())) {
		if strings.HasPrefix(line, "##vso[") {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	if len(lines) == 0 || len(lines) != len(o.agent.Commands) {
		t.Fatalf("%d lines with a command, of which the agent understands %d", len(lines), len(o.agent.Commands))
	}
	read, ok := ask[string, parsed](t, lines)
	if !ok {
		return
	}
	var got []parsed
	for _, r := range read {
		got = append(got, parsed{strings.ToLower(r.Name), lowerKeys(r.Properties), likeTheAgent(r.Data)})
	}
	var want []parsed
	for _, c := range o.agent.Commands {
		want = append(want, parsed(c))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("the agent's double (-) and the library (+) read different commands:\n", diff)
	}
}

// likeTheAgent decodes two escapes that the library leaves in data. The agent
// decodes them, because it uses one rule everywhere.
func likeTheAgent(data string) string {
	return strings.NewReplacer("%3B", ";", "%5D", "]").Replace(data)
}

func lowerKeys(m map[string]string) map[string]string {
	lower := map[string]string{}
	for k, v := range m {
		lower[strings.ToLower(k)] = v
	}
	return lower
}

// The library writes values that are hard to escape, and the double reads them back.
func TestAgentReadsWhatTaskLibWrites(t *testing.T) {
	t.Parallel()
	hard := []string{"plain", "a;b]c", "50%", "%0A %3B %5D %25 %AZP25", "two\r\nlines", "##vso[task.complete result=Failed]", "ünï\tcode ✓", "a=b;c"}
	var requests [][3]any
	for _, value := range hard {
		requests = append(requests, [3]any{"task.setvariable", map[string]string{"variable": value, "isOutput": "true"}, value})
	}
	lines, ok := ask[[3]any, string](t, requests)
	if !ok {
		t.Skip("without " + taskLib + " there is nothing to read: " + installed.note)
	}
	for i, line := range lines {
		var agent hosttest.Agent
		agent.Feed([]byte(line + "\n"))
		want := []hosttest.Variable{{Name: hard[i], Value: hard[i], Output: true}}
		if diff := cmp.Diff(want, agent.Variables); diff != "" {
			t.Errorf("%q: %s", line, diff)
		}
	}
}
