//go:build unix

package faults

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/azstep/azstep/internal/hosttest"
)

// lane runs one job after the other behind its own relay, so that each meets its own
// faults.
type lane struct {
	*site
	relay *relay
	dir   string
	book  *book
	// start runs azstep, and signals lists those that it can receive. stops is the
	// percentage of runs that receive one.
	start   func(j *job, t turn, s *hosttest.Step, words ...string) (ran, error)
	signals []syscall.Signal
	stops   int
	at      where // in a form that Node starts; all places of the others if it has none
}

// name is that of the form.
func (l *lane) name() string {
	switch l.at.form {
	case script:
		return "action"
	case task:
		return "task"
	}
	return "program"
}

// host is the name by which the services know the lane.
func (l *lane) host() string { return strings.TrimPrefix(l.relay.url(), "https://") }

// job is one job: a step, a use of its outputs, and the cleanup.
type job struct {
	*lane
	random
	number int
	again  int // how often it was run before
	at     where
	due    []due // post steps that the job's end owes
	steps  *hosttest.Job
	inputs map[string]string
	dir    string

	story    []string // the actions so far, for a report
	problems []string
	late     bool // the promise about time is one of them
	prompt   int  // problems that are only about time
}

// Limits of azstep's own time.
const (
	soakBrief = 3 * time.Second
	soakAmple = 30 * time.Second
	soakGrace = 5 * time.Second // limit after a signal
)

// play runs the job with that number from beginning to end.
func (l *lane) play(seed uint64, number, again int) *job {
	chosen := newRandom(seed+uint64(len(l.at.form)), number) // each form meets other faults
	j := &job{lane: l, random: chosen, number: number, again: again, dir: filepath.Join(l.dir, strconv.Itoa(number)+"-"+strconv.Itoa(again))}
	if j.at = everywhere()[j.IntN(4)]; l.at.form != plain {
		j.at = l.at
	}
	defer func() { _ = os.RemoveAll(j.dir) }()
	workspace := filepath.Join(j.dir, "workspace")
	j.steps = &hosttest.Job{Host: j.at.host, Action: j.at.action, Dir: filepath.Join(j.dir, "job"), Env: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": workspace, "GITHUB_WORKSPACE": workspace, "BUILD_SOURCESDIRECTORY": workspace,
	}}
	if err := j.at.form.dress(j.steps); err != nil {
		j.wrong("%v", err)
		return j
	}
	for _, made := range []string{workspace, j.steps.Dir} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			j.wrong("%v", err)
			return j
		}
	}
	kinds := jobKinds(j.at.form)
	kinds[j.IntN(len(kinds))](j)
	j.end()
	return j
}

// due is a step whose host runs its post step at the end of the job.
type due struct {
	step   ran
	inputs map[string]string
}

// end runs the post steps that were not run yet, the last one first.
func (j *job) end() {
	for _, d := range slices.Backward(j.due) {
		if s, err := j.steps.Post(d.step.Ended, d.inputs); err != nil || j.run(turn{}, s, time.Minute, "post").Exit != 0 {
			j.wrong("a post step at the end of the job failed: %v", err)
		}
	}
}

func (j *job) wrong(format string, args ...any) {
	j.problems = append(j.problems, fmt.Sprintf(format, args...))
}

func (j *job) String() string {
	return fmt.Sprintf("job %d, %s:\n%s\n%s", j.number, j.at, strings.Join(j.problems, "\n"), strings.Join(j.story, "\n"))
}

// use sets the inputs of an operation.
func (j *job) use(operation string, more ...string) {
	j.inputs = map[string]string{
		"operation": operation, "organization": j.relay.url() + "/fabrikam", "project": "Fabrikam", "application": j.relay.url(),
		"authority-host": j.relay.url(), "ca-file": j.ca, "max-attempts": strconv.Itoa(2 + j.IntN(2)),
	}
	for i := 0; i+1 < len(more); i += 2 {
		j.inputs[more[i]] = more[i+1]
	}
}

// signIn chooses one of the suitable ways to authenticate.
func (j *job) signIn(ways ...string) {
	switch j.at.host {
	case hosttest.GitHub:
		ways = slices.DeleteFunc(ways, func(way string) bool { return way == "azure-pipelines-oidc" || way == "auto" })
	case hosttest.AzurePipelines:
		ways = slices.DeleteFunc(ways, func(way string) bool { return way == "github-oidc" })
	default:
		ways = slices.DeleteFunc(ways, func(way string) bool { return strings.HasSuffix(way, "-oidc") || way == "auto" })
	}
	switch way := ways[j.IntN(len(ways))]; way {
	case "user":
		j.inputs["credential"] = j.user
	case "group":
		j.inputs["credential"] = j.group
	case "pat":
		j.inputs["credential"] = j.pat
	case "refresh-token":
		j.inputs["refresh-token"] = j.refresh
		j.inputs["tenant-id"], j.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a3"
	case "client-secret":
		j.inputs["client-secret"] = "FAKE-CLIENT-SECRET-0001" // the secret of the application deploy in the emulator's seed
		j.inputs["tenant-id"], j.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a1"
	default:
		j.inputs["auth"] = way
		for name, value := range j.hosts[j.at.host] {
			j.steps.Env[name] = strings.ReplaceAll(value, j.url, j.relay.url())
		}
	}
}

// operate runs the operation in the inputs. wrapped is the command line of exec.
func (j *job) operate(t turn, wrapped ...string) ran {
	limit := soakAmple
	if t.slow {
		limit = soakBrief
	}
	j.inputs["timeout"] = limit.String()
	s, err := j.steps.Step(j.inputs)
	if err != nil {
		j.wrong("%v", err)
		return ran{}
	}
	if wrapped != nil {
		return j.run(t, s, limit+20*time.Second, append([]string{"exec", "--"}, wrapped...)...)
	}
	r := j.run(t, s, limit)
	if j.at.form != plain {
		j.due = append(j.due, due{r, maps.Clone(j.inputs)})
	}
	return r
}

// post cleans up after a step until it reports that nothing is left.
func (j *job) post(after ran) {
	if len(j.due) > 0 {
		j.due = j.due[:len(j.due)-1] // it is what the job runs now
	}
	for _, t := range []turn{j.turn(j.lane, true), {}} {
		s, err := j.steps.Post(after.Ended, j.inputs)
		if err != nil {
			j.wrong("%v", err)
			return
		}
		if j.run(t, s, time.Minute, "post").Exit == 0 {
			return
		}
	}
	j.wrong("a post that met nothing did not clean up")
}

// run runs azstep once, and waits until the services have handled its requests: on a
// CI host, more time passes before the next step.
func (j *job) run(t turn, s *hosttest.Step, allowed time.Duration, words ...string) ran {
	j.relay.misbehave(nil, 0)
	if t.barred {
		j.relay.misbehave(func(c net.Conn) { reset(c) }, 1)
	}
	for _, fault := range t.faults {
		armed := maps.Clone(fault)
		armed["host"] = j.host()
		if err := j.control(http.MethodPost, "faults", armed, nil); err != nil {
			j.wrong("%v", err)
		}
	}
	if t.reset > 0 {
		defer time.AfterFunc(t.reset, j.relay.reset).Stop()
	}
	r, err := j.start(j, t, s, words...)
	if err != nil {
		j.wrong("%v", err)
	}
	if t.faults != nil {
		if err := j.control(http.MethodDelete, "faults?host="+url.QueryEscape(j.host()), nil, nil); err != nil {
			j.wrong("%v", err)
		}
	}
	if t.late > 0 {
		time.Sleep(t.late + 250*time.Millisecond)
	}
	j.judgeRun(t, r, allowed, words)
	j.book.enter(j, t, r, words)
	return r
}

// output returns an output by its name on GitHub.
func (j *job) output(r ran, name string) string {
	if j.at.host != hosttest.GitHub {
		name = camel(name)
	}
	return r.Outputs[name]
}
