package steps_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
	"github.com/azstep/azstep/internal/transport"
	"github.com/azstep/azstep/internal/trust"
)

const (
	fabrikam  = "eb6e4656-77fc-42a1-9181-4c6d8e9da5d1"
	contoso   = "6ce954b1-ce1f-45d1-b94d-e6bf2464ba2c"
	templates = "0fab0000-0000-4000-8000-000000000302"
	unusedID  = "0fab0000-0000-4000-8000-000000000202"
)

// world holds the services and everything that runs have in common.
type world struct {
	*emulator.Server
	transport *transport.Transport
	header    string
}

func newWorld(t testing.TB, o emulator.Options) *world {
	t.Helper()
	s, err := emulator.New(o)
	if err == nil {
		err = s.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	roots, err := trust.New(trust.Options{CAs: s.CAPEM()})
	if err != nil {
		t.Fatal(err)
	}
	tr := transport.New(transport.Options{Trust: roots})
	t.Cleanup(tr.Close)
	return &world{s, tr, "Bearer " + s.Token(emulator.TokenOptions{Scopes: "user_impersonation"})}
}

// run is one run of a step: its inputs and its results.
type run struct {
	files   files
	azure   map[string]string // variables of an agent of Azure Pipelines, or nil
	limit   int               // maximum size of one output
	now     func() time.Time
	dryRun  bool
	results []steps.Result

	outputs  map[string]string
	err      error
	log      []string
	requests []emulator.Request
}

// code returns the code of the failure, or "".
func (r *run) code() fault.Code {
	if r.err == nil {
		return ""
	}
	return fault.From(r.err).Code
}

// paths returns the paths of the requests, without the organization.
func (r *run) paths() []string {
	var all []string
	for _, q := range r.requests {
		all = append(all, strings.TrimPrefix(q.Path, "/fabrikam/"))
	}
	return all
}

// warnings returns the log lines that become annotations on the hosts.
func (r *run) warnings() []string {
	return slices.DeleteFunc(slices.Clone(r.log), func(line string) bool { return !strings.HasPrefix(line, "warning: ") })
}

// entry is a resource in a report.
type entry struct {
	Project, Type, ID, Name string
	OpenAccess              bool
	Pipelines               []struct {
		ID                               int
		Name, AuthorizedBy, AuthorizedOn string
	}
	Violations []string
}

func (r *run) report(t testing.TB) []entry {
	t.Helper()
	return entries(t, r.outputs["report"])
}

func entries(t testing.TB, text string) []entry {
	t.Helper()
	var all []entry
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%v in %.300s", err, text)
	}
	return all
}

// check runs check-permissions, with the project Fabrikam unless another is given.
func (w *world) check(t testing.TB, r *run, inputs map[string]string) *run {
	t.Helper()
	ctx := t.Context()
	given := map[string]string{"organization": w.URL() + "/fabrikam", "project": "Fabrikam"}
	maps.Copy(given, inputs)
	env := maps.Clone(r.azure)
	if env == nil {
		env = map[string]string{}
	}
	for name, value := range given {
		env["AZSTEP_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))] = value
	}
	op, _ := steps.Find("check-permissions")
	step := op.New()
	problems := input.NewSource(env, false, r.azure != nil).Decode(ctx, step)
	filed := step.(steps.Filed)
	problems = fault.Append(problems, filed.Read(&r.files)...)
	if len(problems) == 0 {
		if err := filed.Open(&r.files); err != nil {
			problems = append(problems, err)
		}
	}
	before := len(w.Requests())
	if len(problems) > 0 {
		r.err = fault.Join(problems)
	} else {
		r.err = step.Run(ctx, w.env(r))
	}
	r.requests = w.Requests()[before:]
	r.outputs = map[string]string{}
	for _, result := range r.results {
		for _, o := range result.Outputs {
			r.outputs[o.Name] = o.Value
		}
	}
	return r
}

func (w *world) env(r *run) steps.Env {
	if r.limit == 0 {
		r.limit = 400_000
	}
	if r.now == nil {
		r.now = time.Now
	}
	return steps.Env{
		Caller: transport.NewCaller(w.transport, func(context.Context) (string, error) { return w.header, nil }),
		Log:    &recorder{run: r}, Now: r.now, MaxOutput: r.limit, DryRun: r.dryRun,
		Deliver: func(_ context.Context, result steps.Result) (bool, error) {
			r.results = append(r.results, result)
			return true, nil
		},
	}
}

// recorder is a log for tests.
type recorder struct {
	mu  sync.Mutex
	run *run
}

func (l *recorder) line(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run.log = append(l.run.log, fmt.Sprintf(format, args...))
}

func (l *recorder) Infof(format string, args ...any) { l.line(format, args...) }
func (l *recorder) Warnf(format string, args ...any) { l.line("warning: "+format, args...) }

func (l *recorder) Progress(string) bool { return false }

func (l *recorder) WarnAt(file string, line int, text string) {
	if file != "" {
		text = fmt.Sprintf("%s:%d: %s", file, line, text)
	}
	l.line("warning: %s", text)
}

// files is a workspace in memory.
type files struct {
	held    map[string]string
	written map[string]*file
}

type file struct {
	bytes.Buffer
	committed bool
}

func (f *file) Commit() error { f.committed = true; return nil }
func (f *file) Discard()      {}

func (f *files) ReadFile(name, path string, limit int64) ([]byte, error) {
	text, ok := f.held[path]
	if !ok || int64(len(text)) > limit {
		return nil, fault.Input(name, "", "%s: file %q: %w", name, path, errors.New("no such file"))
	}
	return []byte(text), nil
}

func (f *files) Create(_, path string) (steps.File, error) {
	if f.written == nil {
		f.written = map[string]*file{}
	}
	f.written[path] = new(file)
	return f.written[path], nil
}

func (f *files) Place(path string) string { return "sub/" + path }
