package steps_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/host"

	"github.com/google/go-cmp/cmp"
)

// bulk creates a project with many environments, each of which may be used by every
// pipeline in uses.
func bulk(t testing.TB, w *world, count int, uses ...int) {
	t.Helper()
	if err := w.Generate("fabrikam", "Fabrikam Fiber", emulator.Bulk{Type: "environment", Count: count, Pipelines: uses}); err != nil {
		t.Fatal(err)
	}
}

var fiber = map[string]string{"project": "Fabrikam Fiber", "resource-type": "environment", "resource-name": "*"}

func with(inputs map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for k, v := range inputs {
		all[k] = v
	}
	for i := 0; i+1 < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// The output is limited by the host; the report file is complete.
func TestReportThatIsLargerThanTheHostBears(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 200, 6, 15)
	whole := w.check(t, new(run), with(fiber, "report-file", "out/report.json"))
	size := len(whole.outputs["report"])
	if whole.err != nil || whole.outputs["truncated"] != "false" || len(whole.report(t)) != 200 {
		t.Fatalf("%v: %v", whole.err, whole.outputs["truncated"])
	}
	file := whole.files.written["out/report.json"]
	if diff := cmp.Diff(whole.report(t), entries(t, file.String())); diff != "" || !file.committed {
		t.Errorf("the file differs from the output: %s", diff)
	}
	for limit, truncated := range map[int]string{size: "false", size - 1: "true", 30_000: "true"} {
		r := w.check(t, &run{limit: limit}, with(fiber, "report-file", "r.json"))
		if r.err != nil || r.outputs["truncated"] != truncated || truncated == "true" && r.outputs["report"] != "[]" {
			t.Errorf("within %d bytes: %v, truncated %s", limit, r.err, r.outputs["truncated"])
		}
		if all := entries(t, r.files.written["r.json"].String()); len(all) != 200 {
			t.Errorf("within %d bytes the file has %d resources", limit, len(all))
		}
		if w := r.warnings(); len(w) > 0 {
			t.Errorf("%q, although the file is complete", w)
		}
	}
	r := w.check(t, &run{limit: 3}, fiber)
	if r.outputs["authorized-pipelines"] != "[]" || r.outputs["truncated"] != "true" || !strings.Contains(strings.Join(r.log, "\n"), "set `report-file`") {
		t.Errorf("%v, %q", r.outputs, r.log)
	}
}

func TestSARIFStandsAtThePolicysLines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	text := policyOf(`{type: environment, name: production, pipelines: [6]}`, `{type: queue, name: "*"}`, `{type: queue, name: nix}`)
	for name, c := range map[string]struct{ policy, uri string }{
		"a file": {"policies/ci.yml", "sub/policies/ci.yml"},
		"inline": {text, "azstep-policy"},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.check(t, &run{files: files{held: map[string]string{"policies/ci.yml": text}}}, map[string]string{"policy": c.policy, "report-file": "r.SARIF"})
			var report struct {
				Runs []struct {
					Results []struct {
						RuleID    string `json:"ruleId"`
						Locations []struct {
							PhysicalLocation struct {
								ArtifactLocation struct{ URI string }
								Region           struct{ StartLine int }
							}
						}
					}
				}
			}
			if err := json.Unmarshal(r.files.written["r.SARIF"].Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, result := range report.Runs[0].Results {
				at := result.Locations[0].PhysicalLocation
				got = append(got, fmt.Sprintf("%s %s:%d", result.RuleID, at.ArtifactLocation.URI, at.Region.StartLine))
			}
			want := []string{"pipeline-not-authorized " + c.uri + ":3", "open-access-forbidden " + c.uri + ":4", "rule-without-match " + c.uri + ":5"}
			if diff := cmp.Diff(want, got); diff != "" || r.code() != fault.PolicyViolation {
				t.Error(r.err, diff)
			}
		})
	}
}

// The shards of a policy must add up to the whole, without duplicates.
func TestShardsTogetherAreTheWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 60, 6)
	inputs := map[string]string{"project": "*", "policy": policyOf(
		`{type: environment, name: "*", pipelines: [build], exclusive: true}`, `{type: queue, name: "*"}`, `{type: queue, name: nix}`, `{type: securefile, id: `+unusedID+`}`)}
	whole := w.check(t, new(run), inputs)
	for _, of := range []int{1, 2, 7} {
		var parts []string
		violations := 0
		for n := range of {
			r := w.check(t, new(run), with(inputs, "shard", fmt.Sprintf("%d/%d", n+1, of)))
			for _, e := range r.report(t) {
				parts = append(parts, fmt.Sprint(e))
			}
			count, _ := strconv.Atoi(r.outputs["violations"])
			violations += count
		}
		var all []string
		for _, e := range whole.report(t) {
			all = append(all, fmt.Sprint(e))
		}
		slices.Sort(all)
		slices.Sort(parts)
		if diff := cmp.Diff(all, parts); diff != "" || fmt.Sprint(violations) != whole.outputs["violations"] {
			t.Errorf("%d shards have %d violations of %s: %s", of, violations, whole.outputs["violations"], diff)
		}
	}
}

// Two runs must write identical reports, although requests run at the same time.
func TestReportIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 100, 6)
	first := w.check(t, new(run), with(fiber, "concurrency", "1"))
	second := w.check(t, new(run), with(fiber, "concurrency", "16"))
	if first.outputs["report"] != second.outputs["report"] {
		t.Error("the reports differ")
	}
}

// After many responses with 429, nothing is missing, and no answered request is
// repeated.
func TestStorm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{LogSize: 8192})
	bulk(t, w, 400, 6)
	blocked := func(path string, skip, times int) {
		if err := w.AddFault(emulator.Fault{
			Path: path, Skip: skip, Times: times, Kind: emulator.Status, Status: http.StatusTooManyRequests,
			Header: map[string]string{"retry-after-ms": "20"}, Body: `{"message":"TF400733: The request has been canceled: Request was blocked."}`,
		}); err != nil {
			t.Fatal(err)
		}
	}
	blocked("*/environments", 0, 10) // more than max-attempts
	blocked("*/pipelinepermissions/*", 100, 90)
	for i := range 60 {
		blocked("*/pipelinepermissions/*", i*4, 1)
	}
	r := w.check(t, new(run), with(fiber, "pipelines", "6"))
	if r.err != nil {
		t.Fatal(r.err)
	}
	if n := len(r.report(t)); n != 400 || r.outputs["authorized"] != "true" {
		t.Errorf("%d resources", n)
	}
	answered, refused := map[string]int{}, 0
	for _, q := range r.requests {
		switch q.Status {
		case http.StatusTooManyRequests:
			refused++
		case http.StatusOK:
			answered[q.Path]++
		}
	}
	if refused != 160 {
		t.Errorf("%d requests were refused", refused)
	}
	for path, n := range answered {
		if n != 1 {
			t.Errorf("answered %d times: %s", n, path)
		}
	}
}

// With a real rate limit and headers in successful responses, the run must slow
// down.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 60, 6)
	w.SetRateLimit(emulator.RateLimit{Requests: 20, Window: 300 * time.Millisecond, WarnBelow: 2, RetryAfter: 300 * time.Millisecond})
	start := time.Now()
	r := w.check(t, new(run), fiber)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if n := len(r.report(t)); n != 60 {
		t.Errorf("%d resources", n)
	}
	if spent := time.Since(start); spent < 600*time.Millisecond {
		t.Errorf("62 requests took %s, but only 20 are allowed in 300ms", spent)
	}
}

// Only the first violations become annotations, and the summary contains only some
// and says so.
func TestManyViolations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 1500, 6, 15)
	for _, fail := range []string{"true", "false"} {
		r := w.check(t, new(run), map[string]string{"project": "Fabrikam Fiber", "policy": policyOf(`{type: environment, name: "*", pipelines: [16]}`), "fail-on-unauthorized": fail})
		if w := r.warnings(); len(w) != 9 || !strings.HasPrefix(w[0], `warning: rule 1 (line 3): environment "environment-0001" (1) in Fabrikam Fiber`) {
			t.Errorf("%q", w)
		}
		s := r.results[0].Summary
		if r.outputs["violations"] != "1500" || len(s.Problems) != 50 || len(s.Lead) != 1 || s.Lead[0] != "1500 violations in 1500 resources, 0 with open access. The first 50 violations are listed; a report file (`report-file`) has them all." {
			t.Errorf("%s violations, %d shown: %q", r.outputs["violations"], len(s.Problems), s.Lead)
		}
		if s.Mark != host.Bad || len(s.Marks) != len(s.Rows) || s.Marks[7] != host.Bad {
			t.Errorf("marks %v and %v", s.Mark, s.Marks[:9])
		}
		if len(s.Rows) != 2000 || len(s.Notes) != 1 || !strings.Contains(s.Notes[0], "1000 more rows") {
			t.Errorf("%d rows, %q", len(s.Rows), s.Notes)
		}
		if (fail == "true") != (r.code() == fault.PolicyViolation) {
			t.Error(r.err)
		}
	}
}

// A long run reports its progress every few seconds.
func TestProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	bulk(t, w, 30, 6)
	var calls atomic.Int64
	clock := func() time.Time { return time.Unix(calls.Add(1), 0) }
	r := w.check(t, &run{now: clock}, fiber)
	var lines []string
	for _, line := range r.log {
		if strings.HasPrefix(line, "checked") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 5 || lines[0] != "checked 5 of 30 resources, 25 s left" {
		t.Errorf("%q", lines)
	}
}

// A dry run also reads and checks everything, because a check changes nothing.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	r := w.check(t, &run{dryRun: true}, map[string]string{"resource-type": "queue", "resource-id": "1", "pipelines": "16"})
	if r.code() != fault.NotAuthorized || len(r.requests) != 1 || r.requests[0].Method != http.MethodGet {
		t.Errorf("%v after %q", r.err, r.paths())
	}
}
