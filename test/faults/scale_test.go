//go:build unix

package faults

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// scalePage contains the tables that TestScale generates.
const scalePage = root + "/docs/scale.md"

// burst is a number of jobs that start at the same moment, each of which mints a PAT
// and revokes it, while the service limits the requests of their common user.
type burst struct {
	jobs   int
	limit  int // requests in each window; 0 means no limit
	window time.Duration
}

// bursts lists the bursts of a run: only one in the short form of `make test`.
func bursts() []burst {
	if !*full {
		return []burst{{jobs: 8, limit: 10, window: time.Second}}
	}
	return []burst{
		{jobs: 100},
		{jobs: 100, limit: 100, window: 2 * time.Second},
		{jobs: 250, limit: 100, window: 2 * time.Second},
	}
}

// TestScale starts many jobs at the same time, and checks many resources, while the
// service limits the requests. Nothing may be lost or left valid.
func TestScale(t *testing.T) {
	t.Parallel()
	rows := []string{
		"| jobs at once | requests that the limit allows | requests sent | answered 429 | jobs that succeeded | PATs left alive | all done after |\n",
		"|---|---|---|---|---|---|---|\n",
	}
	for _, b := range bursts() {
		rows = append(rows, b.play(t))
	}
	audits := []string{
		"| resources | requests that the limit allows | requests sent | answered 429 | time | peak memory |\n",
		"|---|---|---|---|---|---|\n",
	}
	for _, a := range audits100k() {
		audits = append(audits, a.play(t))
	}
	if *update {
		replacePart(t, scalePage, "bursts", strings.Join(rows, ""))
		replacePart(t, scalePage, "audits", strings.Join(audits, ""))
	}
}

func (b burst) play(t *testing.T) string {
	services := startServices(t)
	services.SetRateLimit(emulator.RateLimit{Requests: b.limit, Window: b.window})
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	succeeded, began := 0, time.Now()
	for i := range b.jobs {
		wg.Go(func() {
			ok := mintAndRevoke(t, services, filepath.Join(dir, fmt.Sprint(i)))
			mu.Lock()
			defer mu.Unlock()
			if ok {
				succeeded++
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	alive := 0
	for _, p := range services.PATs() {
		if p.State == "active" {
			alive++
		}
	}
	if succeeded != b.jobs || alive != 0 {
		t.Errorf("%d of %d jobs succeeded, %d PATs are valid", succeeded, b.jobs, alive)
	}
	sent, refused := counted(services)
	allowed := "no limit"
	if b.limit > 0 {
		allowed = fmt.Sprintf("%d in %s", b.limit, b.window)
	}
	return fmt.Sprintf("| %d | %s | %d | %d | %d | %d | %.0f s |\n", b.jobs, allowed, sent, refused, succeeded, alive, took.Seconds())
}

// mintAndRevoke is one job on a host with a state file, so that `azstep post` knows
// what to revoke.
func mintAndRevoke(t *testing.T, services *emulator.Server, dir string) bool {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Error(err)
		return false
	}
	env := scaleEnv(t, services, dir, "AZSTEP_SCOPES=vso.code", "AZSTEP_STATE_FILE="+filepath.Join(dir, "state"))
	for _, word := range []string{"mint-pat", "post"} {
		f, err := start(context.Background(), dir, filepath.Join(dir, "report-"+word), env, word)
		if err != nil || f.Exit != 0 {
			t.Errorf("%s: exit code %d, %v: %s", word, f.Exit, err, f.stderr)
			return false
		}
	}
	return true
}

// sweepAudit checks a policy over many resources under a limit.
type sweepAudit struct {
	resources int
	limit     int
	window    time.Duration
}

func audits100k() []sweepAudit {
	if !*full {
		return []sweepAudit{{resources: 60, limit: 40, window: time.Second}}
	}
	return []sweepAudit{{resources: 100_000}, {resources: 10_000, limit: 2_000, window: 2 * time.Second}}
}

const scalePolicy = `version: 1
resources:
  - type: environment
    name: "*"
    open-access: forbidden
`

func (a sweepAudit) play(t *testing.T) string {
	services := startServices(t)
	if err := services.Generate("fabrikam", "Contoso", emulator.Bulk{Type: "environment", Count: a.resources}); err != nil {
		t.Error(err)
		return ""
	}
	services.SetRateLimit(emulator.RateLimit{Requests: a.limit, Window: a.window})
	dir := t.TempDir()
	env := scaleEnv(t, services, dir, "AZSTEP_PROJECT=Contoso", "AZSTEP_POLICY="+scalePolicy)
	f, err := start(context.Background(), dir, filepath.Join(dir, "report"), env, "check-permissions")
	if err != nil || f.Exit != 0 {
		t.Errorf("exit code %d, %v: %.2000s", f.Exit, err, f.stderr)
	}
	if a.resources <= 10_000 && f.Peak > 64<<20 {
		t.Errorf("%d MiB of memory for %d resources", f.Peak>>20, a.resources)
	}
	sent, refused := counted(services)
	allowed := "no limit"
	if a.limit > 0 {
		allowed = fmt.Sprintf("%d in %s", a.limit, a.window)
	}
	return fmt.Sprintf("| %d | %s | %d | %d | %.0f s | %d MiB |\n", a.resources, allowed, sent, refused, f.Took.Seconds(), f.Peak>>20)
}

// startServices starts an emulator that records every request of a run.
func startServices(t *testing.T) *emulator.Server {
	t.Helper()
	services, err := emulator.New(emulator.Options{LogSize: 400_000})
	if err == nil {
		err = services.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	return services
}

func scaleEnv(t *testing.T, services *emulator.Server, dir string, more ...string) []string {
	t.Helper()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, services.CAPEM(), 0o600); err != nil {
		t.Error(err)
	}
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "AZSTEP_ORGANIZATION=" + services.URL() + "/fabrikam", "AZSTEP_CA_FILE=" + ca,
		"AZSTEP_CREDENTIAL=" + services.Token(emulator.TokenOptions{Scopes: "user_impersonation"}), "AZSTEP_TIMEOUT=30m", "AZSTEP_MAX_ATTEMPTS=20",
	}, more...)
}

// counted returns the number of requests that the services received, and how many of
// them they answered with 429.
func counted(services *emulator.Server) (sent, refused int) {
	for _, r := range services.Requests() {
		sent++
		if r.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	return sent, refused
}

// replacePart replaces the part of a page between two comments.
func replacePart(t *testing.T, path, name, text string) {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), "<!-- measured:"+name+" -->\n")
	_, after, ended := strings.Cut(rest, "<!-- end -->\n")
	if !found || !ended {
		t.Fatalf("%s has no part %s", path, name)
	}
	text = before + "<!-- measured:" + name + " -->\n" + text + "<!-- end -->\n" + after
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
