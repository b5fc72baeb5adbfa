package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// The network that the claim assumes. A connection is TCP and TLS together.
const (
	connectDelay = 80 * time.Millisecond
	requestDelay = 40 * time.Millisecond
)

// pairs is the number of runs of both in one iteration.
const pairs = 9

// BenchmarkKeyless measures the built program without any stored secret, from its
// start to its end, against three hosts: GitHub's for id tokens, Entra, and Azure
// DevOps. Alternating with it, the same three requests are sent one after the other,
// each on its own connection. of-requests is the duration of a run divided by that
// of its requests, using the fastest of each: other load on the machine can only
// increase a duration. `make bench` contains the target.
func BenchmarkKeyless(b *testing.B) {
	w := newKeyless(b)
	var whole, requests []time.Duration
	for b.Loop() {
		for range pairs {
			requests = append(requests, timed(b, w.oneByOne))
			whole = append(whole, timed(b, w.program))
		}
	}
	ratio := slices.Min(whole).Seconds() / slices.Min(requests).Seconds()
	b.ReportMetric(ratio, "of-requests")
	b.ReportMetric(milliseconds(slices.Min(whole)), "ms-program")
	b.ReportMetric(milliseconds(slices.Min(requests)), "ms-requests")
	b.ReportMetric(0, "ns/op") // the sum of both is meaningless
}

func timed(b *testing.B, do func(context.Context) error) time.Duration {
	start := time.Now()
	if err := do(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// keyless is a job that may request id tokens, and the services on three hosts.
type keyless struct {
	binary, dir         string
	ca                  []byte
	oidc, entra, devops string // base URLs
	job                 map[string]string
}

func newKeyless(b *testing.B) *keyless {
	services, err := emulator.New(emulator.Options{Latency: requestDelay})
	if err == nil {
		err = services.Start("127.0.0.1:0")
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = services.Close() })
	w := &keyless{dir: b.TempDir(), ca: services.CAPEM(), job: map[string]string{}}
	far := func() string { return newFar(b, services.URL(), connectDelay) }
	w.oidc, w.entra, w.devops = far(), far(), far()
	for _, pair := range services.GitHubEnv() {
		name, value, _ := strings.Cut(pair, "=")
		w.job[name] = strings.Replace(value, services.URL(), w.oidc, 1)
	}
	w.binary = filepath.Join(w.dir, "azstep")
	build(b, w.binary, "github.com/azstep/azstep")
	write(b, filepath.Join(w.dir, "ca.pem"), w.ca)
	return w
}

// program runs the operation in a step of a job, as its own process.
func (w *keyless) program(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, w.binary, "ensure-team")
	cmd.Dir = w.dir
	cmd.Env = []string{
		"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + w.dir, "AZSTEP_CA_FILE=ca.pem", "AZSTEP_AUTHORITY_HOST=" + w.entra,
		"AZSTEP_ORGANIZATION=" + w.devops + "/fabrikam", "AZSTEP_PROJECT=Fabrikam", "AZSTEP_TEAM=Fabrikam Team",
	}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_ENV", "GITHUB_STEP_SUMMARY"} {
		path := filepath.Join(w.dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return err
		}
		cmd.Env = append(cmd.Env, name+"="+path)
	}
	for name, value := range w.job {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}

// oneByOne sends the requests that the program needs, and nothing else.
func (w *keyless) oneByOne(ctx context.Context) error {
	client := w.client()
	defer client.CloseIdleConnections()
	var assertion struct{ Value string }
	if err := call(ctx, client, w.job["ACTIONS_ID_TOKEN_REQUEST_URL"]+"&audience=api://AzureADTokenExchange", w.job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], nil, &assertion); err != nil {
		return err
	}
	var token struct {
		Access string `json:"access_token"`
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {w.job["AZURE_CLIENT_ID"]}, "scope": {emulator.AzureDevOps + "/.default"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion.Value},
	}
	if err := call(ctx, client, w.entra+"/"+w.job["AZURE_TENANT_ID"]+"/oauth2/v2.0/token", "", form, &token); err != nil {
		return err
	}
	return call(ctx, client, w.devops+"/fabrikam/_apis/projects/Fabrikam/teams/Fabrikam%20Team?api-version=7.1", token.Access, nil, new(struct{}))
}

func (w *keyless) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(w.ca)
	return &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
}

// call sends a form, or a GET without one, and decodes the JSON response.
func call(ctx context.Context, client *http.Client, address, bearer string, form url.Values, into any) error {
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", address, resp.Status, body)
	}
	return json.Unmarshal(body, into)
}
