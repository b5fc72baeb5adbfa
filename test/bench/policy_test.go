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

// The policy over 10,000 resources of which something is claimed.
const (
	policyResources = 10_000
	policyLatency   = 5 * time.Millisecond // of every answer
	policyAtOnce    = 8                    // the ideal time is requests x latency / at once
	bareRequests    = 2000
)

// policyText names every resource twice, so that it also shows that none is
// asked about twice.
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
    pipelines: [6, \release\deploy-web]
`

// BenchmarkPolicy10000 runs the built program over 10,000 resources of a project
// and writes the whole report. of-ideal is the time as a part of what all its
// requests take at the least; MiB-RSS is the most memory that it held. of-bare
// compares it with requests that are sent and thrown away, in turns with it: a
// machine that has others to serve is slow with these, too, and is held to them.
// `make bench` has the targets.
func BenchmarkPolicy10000(b *testing.B) {
	services := newMany(b)
	binaries := b.TempDir()
	build(b, filepath.Join(binaries, "azstep"), "github.com/azstep/azstep")
	build(b, filepath.Join(binaries, "launch"), "github.com/azstep/azstep/test/bench/launch")
	dir := b.TempDir()
	write(b, filepath.Join(dir, "ca.pem"), services.CAPEM())
	write(b, filepath.Join(dir, "policy.yml"), []byte(policyText))
	var spent, bare time.Duration // for one request, in all turns
	var memory int64
	var requests, connections, turns int
	for b.Loop() {
		turns++
		bare += sendBare(b, services)
		before := last(services)
		start := time.Now()
		memory = max(memory, check(b, services, binaries, dir))
		took := time.Since(start)
		after := last(services)
		requests, connections = after.Seq-before.Seq, after.Connection-before.Connection
		spent += took / time.Duration(requests)
		bare += sendBare(b, services)
	}
	held(b, dir)
	ofIdeal := spent.Seconds() / float64(turns) / (policyLatency.Seconds() / policyAtOnce)
	ofBare := spent.Seconds() / (bare.Seconds() / 2)
	b.ReportMetric(ofIdeal, "of-ideal")
	b.ReportMetric(ofBare, "of-bare")
	b.ReportMetric(float64(memory)/(1<<20), "MiB-RSS")
	b.ReportMetric(float64(requests), "requests")
	b.ReportMetric(float64(connections), "connections")
	b.ReportMetric(0, "ns/op")
}

// sendBare sends requests for permissions, as many at once as the program, and
// returns what each took of the time.
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

// newMany serves a project with the resources, and with more pipelines than fit
// on a page.
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

// last is the latest request, with the number of the newest connection.
func last(services *emulator.Server) emulator.Request {
	all := services.Requests()
	latest := all[len(all)-1]
	for _, r := range all {
		latest.Connection = max(latest.Connection, r.Connection)
	}
	return latest
}

// check runs the program once and returns the bytes of memory that it held at
// most. The policy is violated, which is exit code 3.
func check(b *testing.B, services *emulator.Server, binaries, dir string) int64 {
	cmd := exec.CommandContext(b.Context(), filepath.Join(binaries, "launch"), filepath.Join(binaries, "azstep"), "check-permissions")
	cmd.Dir = dir
	cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + dir, "AZSTEP_CA_FILE=ca.pem", "AZSTEP_ORGANIZATION=" + services.URL() + "/fabrikam",
		"AZSTEP_PROJECT=Fabrikam", "AZSTEP_CREDENTIAL=" + services.Token(emulator.TokenOptions{Scopes: "user_impersonation"}), "AZSTEP_POLICY=policy.yml",
		"AZSTEP_REPORT_FILE=report.json", fmt.Sprintf("AZSTEP_CONCURRENCY=%d", policyAtOnce),
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"} {
		path := filepath.Join(dir, name)
		write(b, path, nil)
		cmd.Env = append(cmd.Env, name+"="+path)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	took, _ := cmd.Output()
	if code := cmd.ProcessState.ExitCode(); code != 3 {
		b.Fatalf("exit code %d\n%s", code, stderr.Bytes())
	}
	var wall, cpu, memory int64
	if _, err := fmt.Sscan(string(took), &wall, &cpu, &memory); err != nil {
		b.Fatal(err)
	}
	return memory
}

// held looks whether the report has every resource once.
func held(b *testing.B, dir string) {
	text, err := os.ReadFile(filepath.Join(dir, "report.json"))
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
