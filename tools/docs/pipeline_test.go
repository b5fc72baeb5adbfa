package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"

	"gopkg.in/yaml.v3"
)

// pipeline is a job of Azure Pipelines whose steps are bash scripts.
type pipeline struct {
	t         *testing.T
	services  *emulator.Server
	variables map[string]string // values of macros
	env       map[string]string // environment of every step
	azureCLI  map[string]string // what the Azure CLI task adds to its script's environment
	agent     hosttest.Agent
	failed    bool
	probes    map[string]func() // called before the steps with these display names
	ran       []string
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	services, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := services.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"azstep", "docker"} {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	p := &pipeline{t: t, services: services, probes: map[string]func(){}, variables: map[string]string{
		"USER_TOKEN": services.Token(emulator.TokenOptions{}), "CA": string(services.CAPEM()),
	}}
	p.env = map[string]string{
		"PATH": bin + ":" + os.Getenv("PATH"), "TF_BUILD": "True", "AGENT_TEMPDIRECTORY": t.TempDir(), "BUILD_BUILDID": "7",
	}
	p.azureCLI = map[string]string{}
	for _, pair := range services.PipelinesEnv() {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, "AZURESUBSCRIPTION_") {
			p.azureCLI[name] = value
		} else {
			p.env[name] = value
		}
	}
	p.variables["System.AccessToken"] = p.env["SYSTEM_ACCESSTOKEN"]
	delete(p.env, "SYSTEM_ACCESSTOKEN") // until a step maps it
	return p
}

// use expands the template with parameters, after the steps among them.
func (p *pipeline) use(parameters string) []any {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "templates", "azstep.yml"))
	if err != nil {
		p.t.Fatal(err)
	}
	var template struct {
		Parameters []struct {
			Name    string
			Default any
		}
		Steps []any
	}
	var given map[string]any
	if err := yaml.Unmarshal(text, &template); err != nil {
		p.t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(parameters), &given); err != nil {
		p.t.Fatal(err)
	}
	values := map[string]any{}
	for _, parameter := range template.Parameters {
		values[parameter.Name] = parameter.Default
	}
	for name := range given {
		if _, ok := values[name]; !ok {
			p.t.Fatalf("the template has no parameter %s", name)
		}
	}
	maps.Copy(values, given)
	e := &expander{p.t, map[string]any{"parameters": values}}
	return e.expand(template.Steps).([]any)
}

// run runs the steps as an agent does: after a failure, only those that always run.
func (p *pipeline) run(list []any) {
	p.t.Helper()
	for _, item := range list {
		step := item.(map[string]any)
		if p.failed && step["condition"] != "always()" {
			continue
		}
		p.step(step)
	}
}

var macro = regexp.MustCompile(`\$\(([A-Za-z0-9_.]+)\)`)

// expand replaces variables with their values; unknown ones stay unchanged.
func (p *pipeline) expand(text string) string {
	return macro.ReplaceAllStringFunc(text, func(m string) string {
		if value, ok := p.variables[macro.FindStringSubmatch(m)[1]]; ok {
			return value
		}
		return m
	})
}

func (p *pipeline) step(step map[string]any) {
	p.t.Helper()
	name, _ := step["displayName"].(string)
	p.ran = append(p.ran, name)
	if probe := p.probes[name]; probe != nil {
		probe()
	}
	script, ok := step["bash"].(string)
	env := maps.Clone(p.env)
	if !ok {
		maps.Copy(env, p.azureCLI)
		script = step["inputs"].(map[string]any)["inlineScript"].(string)
	}
	if mapped, ok := step["env"].(map[string]any); ok {
		for key, value := range mapped {
			env[key] = p.expand(fmt.Sprint(value))
		}
	}
	cmd := exec.Command("bash", "-c", p.expand(script))
	for key, value := range env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.t.TempDir(), &stdout, &stderr
	err := cmd.Run()
	p.agent.Variables = nil
	p.agent.Feed(stdout.Bytes())
	p.agent.Feed(stderr.Bytes())
	p.failed = p.failed || err != nil || p.agent.Failed
	p.take(fmt.Sprint(step["name"]))
}

// take applies the variables that a step set: outputs under the step's name, others
// also in the environment, unless they are secret.
func (p *pipeline) take(step string) {
	for _, v := range p.agent.Variables {
		if v.Output {
			p.variables[step+"."+v.Name] = v.Value
			continue
		}
		p.variables[v.Name] = v.Value
		if !v.Secret {
			p.env[strings.ToUpper(v.Name)] = v.Value
		}
	}
}

// alive returns the states of all PATs so far, in order.
func (p *pipeline) states() string {
	var all []string
	for _, one := range p.services.PATs() {
		all = append(all, one.State)
	}
	return strings.Join(all, " ")
}
