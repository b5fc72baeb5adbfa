package steps_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"

	"github.com/google/go-cmp/cmp"
)

const someRule = "version: 1\nresources: [{type: queue, name: Default}]\n"

// All invalid inputs are reported together, with exit code 2, before any request is
// sent.
func TestPermissionInputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	long := strings.Repeat("x", 10_000)
	for name, c := range map[string]struct {
		inputs map[string]string
		blamed []string
	}{
		"nothing":                          {nil, []string{"resource-type", "resource-id"}},
		"no resource":                      {map[string]string{"resource-type": "queue"}, []string{"resource-id"}},
		"resource twice":                   {map[string]string{"resource-type": "queue", "resource-id": "1", "resource-name": "Default"}, []string{"resource-id"}},
		"unknown type":                     {map[string]string{"resource-type": "pool", "resource-id": "1"}, []string{"resource-type"}},
		"id of a queue":                    {map[string]string{"resource-type": "queue", "resource-id": "Default"}, []string{"resource-id"}},
		"id of an endpoint":                {map[string]string{"resource-type": "endpoint", "resource-id": "7"}, []string{"resource-id"}},
		"hostile id: another host":         {map[string]string{"resource-type": "endpoint", "resource-id": "evil.com#"}, []string{"resource-id"}},
		"hostile id: up":                   {map[string]string{"resource-type": "queue", "resource-id": "../.."}, []string{"resource-id"}},
		"hostile id: escaped":              {map[string]string{"resource-type": "environment", "resource-id": "..%2f"}, []string{"resource-id"}},
		"hostile id: long":                 {map[string]string{"resource-type": "environment", "resource-id": long}, []string{"resource-id"}},
		"hostile repository: up":           {map[string]string{"resource-type": "repository", "resource-id": ".."}, []string{"resource-id"}},
		"hostile repository: control":      {map[string]string{"resource-type": "repository", "resource-name": "a\x1b[2J"}, []string{"resource-name"}},
		"hostile name: long":               {map[string]string{"resource-type": "queue", "resource-name": long}, []string{"resource-name"}},
		"hostile project":                  {map[string]string{"resource-type": "queue", "resource-id": "1", "project": ".."}, []string{"project"}},
		"hostile project, long":            {map[string]string{"resource-type": "queue", "resource-id": "1", "project": long}, []string{"project"}},
		"hostile pipeline":                 {map[string]string{"resource-type": "queue", "resource-id": "1", "pipelines": "a\x00b"}, []string{"pipelines"}},
		"one resource of several projects": {map[string]string{"resource-type": "queue", "resource-id": "1", "project": "Fabrikam,Contoso"}, []string{"project"}},
		"one resource of every project":    {map[string]string{"resource-type": "queue", "resource-name": "x", "project": "*"}, []string{"project"}},
		"part of one resource":             {map[string]string{"resource-type": "queue", "resource-id": "1", "shard": "1/2"}, []string{"shard"}},
		"no shard":                         {map[string]string{"resource-type": "queue", "resource-name": "*", "shard": "3"}, []string{"shard"}},
		"shard 0":                          {map[string]string{"resource-type": "queue", "resource-name": "*", "shard": "0/2"}, []string{"shard"}},
		"shard beyond":                     {map[string]string{"resource-type": "queue", "resource-name": "*", "shard": "3/2"}, []string{"shard"}},
		"too many shards":                  {map[string]string{"resource-type": "queue", "resource-name": "*", "shard": "1/257"}, []string{"shard"}},
		"too many at once":                 {map[string]string{"resource-type": "queue", "resource-id": "1", "concurrency": "257"}, []string{"concurrency"}},
		"none at once":                     {map[string]string{"resource-type": "queue", "resource-id": "1", "concurrency": "0"}, []string{"concurrency"}},
		"report of another format":         {map[string]string{"resource-type": "queue", "resource-id": "1", "report-file": "report.xml"}, []string{"report-file"}},
		"report without a format":          {map[string]string{"resource-type": "queue", "resource-id": "1", "report-file": "report"}, []string{"report-file"}},
		"policy and the rest": {map[string]string{"policy": someRule, "resource-type": "queue", "resource-id": "1", "resource-name": "x", "pipelines": "1"},
			[]string{"resource-type", "resource-id", "resource-name", "pipelines"}},
		"no such policy":  {map[string]string{"policy": "policies.yml"}, []string{"policy"}},
		"mistakes in it":  {map[string]string{"policy": "version: 2\nresources: []"}, []string{"policy", "policy"}},
		"all of it wrong": {map[string]string{"policy": "version: 2\nresources: [{type: queue, id: 1}]", "concurrency": "many", "shard": "x", "report-file": "x.txt", "project": "."}, []string{"concurrency", "project", "shard", "report-file", "policy"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, new(run), c.inputs)
			if r.err == nil || fault.From(r.err).ExitCode() != 2 || r.code() != fault.InvalidInput || len(r.requests) != 0 {
				t.Fatalf("%v after %q", r.err, r.paths())
			}
			if diff := cmp.Diff(c.blamed, blamed(r.err)); diff != "" {
				t.Errorf("%v\n%s", r.err, diff)
			}
			if len(r.err.Error()) > 2000 {
				t.Errorf("the message has %d bytes", len(r.err.Error()))
			}
			if len(r.files.written) > 0 {
				t.Error("a run with invalid inputs emptied a file")
			}
		})
	}
}

// A run with thousands of requests has a longer timeout, unless the user sets one.
func TestPermissionDeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env  map[string]string
		want time.Duration
	}{
		{map[string]string{"AZSTEP_RESOURCE_NAME": "production"}, 2 * time.Minute},
		{map[string]string{"AZSTEP_RESOURCE_NAME": "*"}, 30 * time.Minute},
		{map[string]string{"AZSTEP_POLICY": "policy.yml"}, 30 * time.Minute},
		{map[string]string{"AZSTEP_POLICY": "policy.yml", "AZSTEP_TIMEOUT": "1m"}, time.Minute},
	} {
		op, _ := steps.Find("check-permissions")
		step, common := op.New(), new(steps.Common)
		source := input.NewSource(c.env, false, false)
		source.Decode(t.Context(), step)
		source.Decode(t.Context(), common)
		if got := common.Deadline(step); got != c.want {
			t.Errorf("%v: %s", c.env, got)
		}
	}
}

// blamed returns the inputs that an error names.
func blamed(err error) []string {
	switch e := err.(type) { //nolint:errorlint // it walks the tree itself
	case *fault.Error:
		if inner := blamed(e.Err); len(inner) > 0 {
			return inner
		}
		return []string{e.Input}
	case interface{ Unwrap() []error }:
		var all []string
		for _, one := range e.Unwrap() {
			all = append(all, blamed(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return blamed(e.Unwrap())
	}
	return nil
}

// Whatever a name contains, it must stay one segment of a path or one value of a
// query.
func FuzzPermissionNames(f *testing.F) {
	w := newWorld(f, emulator.Options{})
	for _, seed := range []string{"evil.com#", "user@host", "..%2f", "a/b", "?x=1", "%00", "..", "\\", "x\u2028", strings.Repeat("x", 2000)} {
		f.Add(seed, seed, seed)
	}
	f.Fuzz(func(t *testing.T, project, repository, pipeline string) {
		for _, text := range []string{project, repository, pipeline} {
			if strings.TrimSpace(text) == "" || strings.ContainsAny(text, ",\r\n") || text == "*" {
				t.Skip("not a value, or a different meaning")
			}
		}
		r := w.check(t, new(run), map[string]string{"resource-type": "repository", "resource-name": repository, "project": project, "pipelines": pipeline})
		if exit := fault.From(r.err).ExitCode(); exit == 2 && len(r.requests) > 0 || exit == 0 {
			t.Fatalf("exit code %d after %q", exit, r.paths())
		}
		for _, q := range r.requests {
			segments := strings.Split(q.Path, "/")
			if len(segments) != 7 || segments[1] != "fabrikam" || !slices.Equal(segments[3:6], []string{"_apis", "git", "repositories"}) {
				t.Fatalf("asked %s", q.Path)
			}
		}
	})
}
