package forms

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/formtest"
)

// agentWorld is one job of Azure Pipelines on this machine, with its own services
// and the task as the agent unpacks it.
type agentWorld struct {
	*emulator.Server
	t    *testing.T
	node string
	task *hosttest.Task
	job  *hosttest.TaskJob
	// meanwhile, if not nil, is called once while the next process runs.
	meanwhile func(*os.Process, <-chan struct{})
}

func newAgentWorld(t *testing.T, node string) *agentWorld {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &agentWorld{Server: s, t: t, node: node}
	dir := filepath.Join(t.TempDir(), "_tasks", "azstep_ed32dcd5", "1.2.3")
	if w.task, err = formtest.Task(root, built, dir); err != nil {
		t.Fatal(err)
	}
	w.job = &hosttest.TaskJob{Dir: t.TempDir(), Env: w.agent(), Handler: handler(t, node), Start: w.start, Variables: w.variables(), Endpoints: w.endpoints()}
	return w
}

// handler returns the handler in task.json that an agent with this Node uses.
func handler(t *testing.T, node string) string {
	t.Helper()
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(string(version), "v20.") {
		return "Node20_1"
	}
	return "Node24"
}

// agent returns the environment of the agent's own process.
func (w *agentWorld) agent() map[string]string {
	env := map[string]string{}
	for _, name := range []string{"PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP"} {
		if value := os.Getenv(name); value != "" {
			env[name] = value
		}
	}
	return env
}

// variables returns the variables that Azure Pipelines sets for a job, and the
// certificate of the emulator, as a pipeline would set it.
func (w *agentWorld) variables() []hosttest.Variable {
	ca := filepath.Join(w.t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, w.CAPEM(), 0o600); err != nil {
		w.t.Fatal(err)
	}
	all := []hosttest.Variable{
		{Name: "CA", Value: ca}, {Name: "build.buildId", Value: "77"}, {Name: "build.repository.name", Value: "shop"}, {Name: "system.definitionId", Value: "15"},
		{Name: "USER_TOKEN", Value: w.Token(emulator.TokenOptions{Scopes: "user_impersonation"}), Secret: true},
	}
	for name, value := range w.pipelines() {
		if strings.HasPrefix(name, "SYSTEM_") && name != "SYSTEM_ACCESSTOKEN" {
			all = append(all, hosttest.Variable{Name: "system." + strings.ToLower(strings.TrimPrefix(name, "SYSTEM_")), Value: value})
		}
	}
	return all
}

func (w *agentWorld) pipelines() map[string]string {
	known := map[string]string{}
	for _, pair := range w.PipelinesEnv() {
		name, value, _ := strings.Cut(pair, "=")
		known[name] = value
	}
	return known
}

func (w *agentWorld) connection() string {
	return w.pipelines()["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]
}

// endpoints returns the job's own connection and the project's service connection.
func (w *agentWorld) endpoints() []hosttest.Endpoint {
	known := w.pipelines()
	return []hosttest.Endpoint{
		{ID: "SYSTEMVSSCONNECTION", URL: known["SYSTEM_COLLECTIONURI"], Scheme: "OAuth", Parameters: map[string]string{"AccessToken": known["SYSTEM_ACCESSTOKEN"]}},
		{ID: w.connection(), URL: "https://management.azure.com/", Scheme: "WorkloadIdentityFederation", Parameters: map[string]string{
			"tenantid": known["AZURESUBSCRIPTION_TENANT_ID"], "serviceprincipalid": known["AZURESUBSCRIPTION_CLIENT_ID"],
		}},
	}
}

// start runs a script of the task as the agent does.
func (w *agentWorld) start(script string, env map[string]string) (stdout, stderr []byte, exit int) {
	cmd := exec.Command(w.node, script)
	cmd.Dir = w.job.Dir
	for _, name := range slices.Sorted(maps.Keys(env)) {
		cmd.Env = append(cmd.Env, name+"="+env[name])
	}
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &err
	if failed := cmd.Start(); failed != nil {
		w.t.Error(failed)
		return nil, nil, -1
	}
	ended := make(chan struct{})
	stop := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	if act := w.meanwhile; act != nil {
		w.meanwhile = nil
		go act(cmd.Process, ended)
	}
	_ = cmd.Wait()
	close(ended)
	stop.Stop()
	return out.Bytes(), err.Bytes(), exitCode(cmd.ProcessState)
}

// use returns a step of the task. Pairs are inputs: names and values.
func (w *agentWorld) use(name string, pairs ...string) *hosttest.TaskStep {
	s := &hosttest.TaskStep{Task: w.task, Name: name, Inputs: map[string]string{"caFile": "$(CA)"}}
	for i := 0; i+1 < len(pairs); i += 2 {
		s.Inputs[pairs[i]] = pairs[i+1]
	}
	return s
}

// mint returns a step that mints a PAT.
func (w *agentWorld) mint(name string, pairs ...string) *hosttest.TaskStep {
	return w.use(name, append([]string{"operation", "mint-pat", "credential", "$(USER_TOKEN)", "scopes", "vso.code", "lifetime", "30m"}, pairs...)...)
}

// probe returns a step that calls look between the steps of the task.
func (w *agentWorld) probe(look func()) *hosttest.TaskStep {
	dir := w.t.TempDir()
	for _, name := range []string{"main.js", "post.js"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	handlers := map[string]string{"Node20_1": filepath.Join(dir, "main.js"), "Node24": filepath.Join(dir, "main.js")}
	return &hosttest.TaskStep{
		Task: &hosttest.Task{Dir: dir, Name: "probe", Execution: handlers, PostJob: handlers}, Name: "probe",
		Condition: func(failed bool) bool { look(); return !failed },
	}
}

func (w *agentWorld) alive() (n int) {
	for _, p := range w.PATs() {
		if p.State == "active" {
			n++
		}
	}
	return n
}

// told returns the results of steps, for a failing test.
func told(steps ...*hosttest.TaskStep) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s: exit code %d, skipped %v, %s\n%s\n-- post-job --\n%s\n", s.Name, s.Exit, s.Skipped, s.Problem, strings.Join(s.Log, "\n"), strings.Join(s.PostLog, "\n"))
	}
	return b.String()
}

func handlerVersion(t *testing.T, node string) string {
	t.Helper()
	version, err := exec.Command(node, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(version)
}
