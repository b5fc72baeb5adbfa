//go:build unix

package bench

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// The policy over 10,000 resources for which the documentation makes claims.
const (
	policyResources = 10_000
	policyLatency   = 5 * time.Millisecond // delay of every response
	policyAtOnce    = 8                    // the ideal time is requests x latency / at once
	bareRequests    = 2000
)

// policyText names every resource twice, to show that each is requested only once,
// and requires checks of half of them.
const policyText = `version: 1
resources:
  - type: environment
    name: "*"
    pipelines: [build]
  - type: variablegroup
    name: variablegroup-*
    open-access: allowed
    pipelines: [6]
  - type: environment
    name: environment-*
    exclusive: true
    approvals: required
    pipelines: [6, \release\deploy-web]
`

// BenchmarkPolicy10000 runs the built program over 10,000 resources of a project and
// writes the whole report. of-ideal is the duration divided by the minimum duration
// of all its requests. MiB-RSS is the maximum memory. of-bare compares the program
// with requests whose responses are ignored, alternating with it, so that other load
// on the machine affects both. `make bench` contains the targets.
func BenchmarkPolicy10000(b *testing.B) {
	p := newProgram(b)
	m := p.measure(func(int) { p.run("check-permissions", policyText, 3) })
	p.held()
	m.report()
}

// BenchmarkEnsure10000 does the same with a policy that is applied: every run must
// change the permissions of 5,000 resources.
func BenchmarkEnsure10000(b *testing.B) {
	p := newProgram(b)
	m := p.measure(func(turn int) {
		pipelines := []string{"[6]", "[6, 15]"}[turn%2]
		p.run("ensure-permissions", ensureText+pipelines+"\n", 0)
		for _, one := range p.services.Permissions() {
			if want := 1 + turn%2; one.Type == "environment" && strings.HasPrefix(one.Name, "environment-") && len(one.Pipelines) != want {
				b.Fatalf("%d pipelines may use %s", len(one.Pipelines), one.Name)
			}
		}
	})
	p.held()
	m.report()
}

// ensureText is a policy without its last value.
const ensureText = `version: 1
resources:
  - type: variablegroup
    name: variablegroup-*
    open-access: allowed
    pipelines: [6]
  - type: environment
    name: environment-*
    exclusive: true
    pipelines: `

// program is azstep with services that have 10,000 resources.
type program struct {
	b        *testing.B
	services *emulator.Server
	dir      string
	memory   int64 // maximum memory of a run
}

func newProgram(b *testing.B) *program {
	p := &program{b: b, services: newMany(b), dir: b.TempDir()}
	build(b, filepath.Join(p.dir, "azstep"), "github.com/azstep/azstep")
	build(b, filepath.Join(p.dir, "launch"), "github.com/azstep/azstep/test/bench/launch")
	write(b, filepath.Join(p.dir, "ca.pem"), p.services.CAPEM())
	return p
}

// measured holds the durations of runs.
type measured struct {
	*program
	spent, bare                  time.Duration // durations for one request, in all turns
	requests, connections, turns int
}

// measure alternates a run with bare requests.
func (p *program) measure(run func(turn int)) *measured {
	m := &measured{program: p}
	for p.b.Loop() {
		m.turns++
		m.bare += sendBare(p.b, p.services)
		before := last(p.services)
		start := time.Now()
		run(m.turns)
		took := time.Since(start)
		after := last(p.services)
		m.requests, m.connections = after.Seq-before.Seq, after.Connection-before.Connection
		m.spent += took / time.Duration(m.requests)
		m.bare += sendBare(p.b, p.services)
	}
	return m
}

func (m *measured) report() {
	m.b.ReportMetric(m.spent.Seconds()/float64(m.turns)/(policyLatency.Seconds()/policyAtOnce), "of-ideal")
	m.b.ReportMetric(m.spent.Seconds()/(m.bare.Seconds()/2), "of-bare")
	m.b.ReportMetric(float64(m.memory)/(1<<20), "MiB-RSS")
	m.b.ReportMetric(float64(m.requests), "requests")
	m.b.ReportMetric(float64(m.connections), "connections")
	m.b.ReportMetric(0, "ns/op")
}

// sendBare sends requests for permissions, as many at the same time as the program,
// and returns the duration divided by their number.
func sendBare(b *testing.B, services *emulator.Server) time.Duration {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(services.CAPEM())
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	defer client.CloseIdleConnections()
	token := services.Token(emulator.TokenOptions{Scopes: "user_impersonation"})
	numbers := make(chan int)
	var workers sync.WaitGroup
	start := time.Now()
	for range policyAtOnce {
		workers.Go(func() {
			for i := range numbers {
				url := fmt.Sprintf("%s/fabrikam/Fabrikam/_apis/pipelines/pipelinepermissions/environment/%d?api-version=7.1-preview.1", services.URL(), i+10)
				if err := call(b.Context(), client, url, token, nil, new(struct{})); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range bareRequests {
		numbers <- i
	}
	close(numbers)
	workers.Wait()
	return time.Since(start) / bareRequests
}

// newMany serves a project with the resources, and with more pipelines than fit on a
// page.
func newMany(b *testing.B) *emulator.Server {
	services, err := emulator.New(emulator.Options{Latency: policyLatency})
	if err == nil {
		err = services.Start("127.0.0.1:0")
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = services.Close() })
	if err := services.Generate("fabrikam", "Fabrikam",
		emulator.Bulk{Type: "environment", Count: policyResources / 2, Pipelines: []int{6, 15}},
		emulator.Bulk{Type: "variablegroup", Count: policyResources / 2, Pipelines: []int{6, 15, 16, 42}},
		emulator.Bulk{Type: "pipeline", Count: 1500},
	); err != nil {
		b.Fatal(err)
	}
	return services
}

// last is the latest request; its connection has the highest number.
func last(services *emulator.Server) emulator.Request {
	all := services.Requests()
	latest := all[len(all)-1]
	for _, r := range all {
		latest.Connection = max(latest.Connection, r.Connection)
	}
	return latest
}

// run runs the program once and records its maximum memory.
func (p *program) run(operation, policy string, code int) {
	write(p.b, filepath.Join(p.dir, "policy.yml"), []byte(policy))
	cmd := exec.CommandContext(p.b.Context(), filepath.Join(p.dir, "launch"), filepath.Join(p.dir, "azstep"), operation)
	cmd.Dir = p.dir
	cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + p.dir, "AZSTEP_CA_FILE=ca.pem", "AZSTEP_ORGANIZATION=" + p.services.URL() + "/fabrikam",
		"AZSTEP_PROJECT=Fabrikam", "AZSTEP_CREDENTIAL=" + p.services.Token(emulator.TokenOptions{Scopes: "user_impersonation"}), "AZSTEP_POLICY=policy.yml",
		"AZSTEP_REPORT_FILE=report.json", fmt.Sprintf("AZSTEP_CONCURRENCY=%d", policyAtOnce),
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"} {
		path := filepath.Join(p.dir, name)
		write(p.b, path, nil)
		cmd.Env = append(cmd.Env, name+"="+path)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	took, _ := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		p.b.Fatalf("exit code %d\n%s", got, stderr.Bytes())
	}
	var wall, cpu, memory int64
	if _, err := fmt.Sscan(string(took), &wall, &cpu, &memory); err != nil {
		p.b.Fatal(err)
	}
	p.memory = max(p.memory, memory)
}

// held checks that the report contains every resource once.
func (p *program) held() {
	b := p.b
	text, err := os.ReadFile(filepath.Join(p.dir, "report.json"))
	if err != nil {
		b.Fatal(err)
	}
	var entries []struct{ Type, ID, Name string }
	if err := json.Unmarshal(text, &entries); err != nil {
		b.Fatal(err)
	}
	seen := map[string]bool{}
	bulk := 0
	for _, e := range entries {
		if key := e.Type + " " + e.ID; seen[key] {
			b.Errorf("%s is in the report twice", key)
		} else {
			seen[key] = true
		}
		if strings.HasPrefix(e.Name, e.Type+"-") {
			bulk++
		}
	}
	if bulk != policyResources {
		b.Errorf("the report has %d resources of %d", bulk, policyResources)
	}
}
