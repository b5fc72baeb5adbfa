//go:build unix

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// world is one job with its own services behind a relay.
type world struct {
	services *emulator.Server
	relay    *relay
	job      *hosttest.Job
	at       where
	dir      string // the workspace, which is empty
	secret   string // the credential that azstep sends
	inputs   map[string]string
	minted   ran       // the step before the post step
	armed    time.Time // when the fault began
	given    int       // credentials that are valid before azstep runs
	trap     string    // a server that must not receive a request
	reports  int
	watch    io.Writer // gets what azstep writes to stderr, if not nil
	terminal bool      // azstep runs on one
}

// newWorld creates a world in an empty directory.
func newWorld(dir string, at where) (*world, error) {
	services, err := emulator.New(emulator.Options{LogSize: 256})
	if err != nil {
		return nil, err
	}
	if err := services.Start("127.0.0.1:0"); err != nil {
		return nil, err
	}
	g, err := newRelay(services.URL()[len("https://"):])
	if err != nil {
		return nil, err
	}
	w := &world{services: services, relay: g, at: at, dir: filepath.Join(dir, "workspace")}
	w.job = &hosttest.Job{Host: at.host, Action: at.action, Dir: filepath.Join(dir, "job"), Env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": w.dir, "GITHUB_WORKSPACE": w.dir, "BUILD_SOURCESDIRECTORY": w.dir,
	}}
	if err := at.form.dress(w.job); err != nil {
		return nil, err
	}
	if at.host == hosttest.GitHub {
		w.job.Env["GITHUB_REPOSITORY"], w.job.Env["GITHUB_RUN_ID"] = "fabrikam/shop", "42"
	}
	for _, made := range []string{w.dir, w.job.Dir} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *world) close() {
	w.relay.close()
	_ = w.services.Close()
}

// ran is a step that has ended, as the process and as its host see it.
type ran struct {
	finished
	hosttest.Ended
	env  map[string]string
	host string
}

// run runs azstep as a step of the job.
func (w *world) run(s *hosttest.Step, words ...string) (ran, error) {
	w.reports++
	report := filepath.Join(w.job.Dir, "report"+strconv.Itoa(w.reports))
	line, err := w.at.form.commandLine(w.job, words)
	if err != nil {
		return ran{}, err
	}
	env := s.Environ()
	if w.at.form == wine {
		env = onWindows(s.Env)
	}
	f, err := launching{dir: w.dir, report: report, env: env, line: line, watch: w.watch, terminal: w.terminal}.start(context.Background())
	return ran{f, s.End(f.stdout, f.stderr), s.Env, w.job.Host}, err
}

// post runs the cleanup after a step.
func (w *world) post(after ran, inputs map[string]string) (ran, error) {
	s, err := w.job.Post(after.Ended, inputs)
	if err != nil {
		return ran{}, err
	}
	return w.run(s, "post")
}

// code returns the error code that the host received, or "".
func (r ran) code() string {
	if r.host == hosttest.AzurePipelines {
		return r.issued()
	}
	var runner hosttest.Runner
	runner.Feed(r.stdout)
	runner.Feed(r.stderr)
	for _, a := range runner.Annotations {
		if a.Level == "error" {
			return a.Title
		}
	}
	return ""
}

func (r ran) issued() string {
	var agent hosttest.Agent
	agent.Feed(r.stdout)
	agent.Feed(r.stderr)
	for _, i := range agent.Issues {
		if i.Type == "error" {
			return i.Code
		}
	}
	return ""
}

// output returns an output by its name on GitHub.
func (r ran) output(name string) string {
	if r.host != hosttest.GitHub {
		name = camel(name)
	}
	return r.Outputs[name]
}

// alive returns the ids of the valid credentials.
func (w *world) alive() []string {
	var ids []string
	for _, p := range w.services.PATs() {
		if p.State == "active" {
			ids = append(ids, p.AuthorizationID)
		}
	}
	for _, t := range w.services.APITokens() {
		if t.State == "active" {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// teams returns how many teams have the name.
func (w *world) teams(name string) (n int) {
	for _, team := range w.services.Teams() {
		if team.Name == name {
			n++
		}
	}
	return n
}

// until waits for a condition that should soon be true.
func until(ready func() bool) error {
	for deadline := time.Now().Add(5 * time.Minute); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the condition was not met")
		}
	}
	return nil
}

// putToken creates an API token as another client would.
func (w *world) putToken(id string) error {
	body, err := json.Marshal(map[string]any{"roles": []map[string]string{{"role": operatorRole}}})
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPut, w.services.URL()+"/api/apiTokens/"+id+"?api-version=2022-07-31", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+w.services.Token(emulator.TokenOptions{Audience: emulator.IoTCentral}))
	answer, err := clientOf(w.services).Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("make an API token: %s", answer.Status)
	}
	return nil
}

const operatorRole = "ae2c9854-393b-4f97-8c42-479d70ce626e"
