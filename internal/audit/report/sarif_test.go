package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"

	"github.com/google/go-cmp/cmp"
)

// sarif lists every key of a report: unknown keys are rejected, so that the test
// knows each of them.
type sarif struct {
	Schema  string `json:"$schema"`
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name           string
				InformationURI string `json:"informationUri"`
				Rules          []struct {
					ID, Name                                string
					ShortDescription, FullDescription, Help struct{ Text string }
					HelpURI                                 string                 `json:"helpUri"`
					Default                                 struct{ Level string } `json:"defaultConfiguration"`
					Properties                              struct {
						Tags      []string
						Precision string
						Problem   string `json:"problem.severity"`
						Severity  string `json:"security-severity"`
					}
				}
			}
		}
		AutomationDetails struct{ ID string }
		ColumnKind        string
		Results           []sarifResult
	}
}

type sarifResult struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Level     string
	Message   struct{ Text string }
	Locations []struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI       string `json:"uri"`
				URIBaseID string `json:"uriBaseId"`
			}
			Region struct{ StartLine int }
		}
	}
	PartialFingerprints map[string]string
}

func readSARIF(t *testing.T, text []byte) sarif {
	t.Helper()
	var s sarif
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatalf("%v in %.2000s", err, text)
	}
	holdSARIF(t, s)
	return s
}

// holdSARIF checks a report against the requirements of SARIF 2.1.0 (OASIS,
// sarif-v2.1.0) and of GitHub code scanning (github/docs, SARIF support).
func holdSARIF(t *testing.T, s sarif) {
	t.Helper()
	if s.Version != "2.1.0" || !strings.HasSuffix(s.Schema, "sarif-2.1.0.json") || len(s.Runs) != 1 {
		t.Fatalf("version %q, schema %q, %d runs", s.Version, s.Schema, len(s.Runs))
	}
	run := s.Runs[0]
	driver := run.Tool.Driver
	if driver.Name == "" || run.Results == nil || run.ColumnKind != "utf16CodeUnits" {
		t.Errorf("driver %q, results %v, columns in %q", driver.Name, run.Results, run.ColumnKind)
	}
	if !regexp.MustCompile(`^[^/]+(/[^/]+)*/$`).MatchString(run.AutomationDetails.ID) { // a category without a run id
		t.Errorf("automation id %q", run.AutomationDetails.ID)
	}
	ids := map[string]bool{}
	for _, r := range driver.Rules {
		severity, err := strconv.ParseFloat(r.Properties.Severity, 64)
		if ids[r.ID] || r.ID == "" || r.ShortDescription.Text == "" || r.FullDescription.Text == "" || r.Help.Text == "" ||
			len(r.ShortDescription.Text) > 1024 || len(r.FullDescription.Text) > 1024 || r.Default.Level != "error" ||
			err != nil || severity <= 0 || severity > 10 || len(r.Properties.Tags) == 0 || !isURL(r.HelpURI) {
			t.Errorf("rule %+v: %v", r, err)
		}
		if !regexp.MustCompile(`^([A-Z][a-z]+)+$`).MatchString(r.Name) { // an identifier in Pascal case
			t.Errorf("rule name %q", r.Name)
		}
		ids[r.ID] = true
	}
	for _, r := range run.Results {
		if r.RuleIndex == nil || *r.RuleIndex < 0 || *r.RuleIndex >= len(driver.Rules) || driver.Rules[*r.RuleIndex].ID != r.RuleID {
			t.Errorf("result of rule %q has the index %v", r.RuleID, r.RuleIndex)
		}
		if r.Message.Text == "" || r.Level != "error" || len(r.Locations) != 1 || r.PartialFingerprints["primaryLocationLineHash"] == "" {
			t.Errorf("result %+v", r)
			continue
		}
		at := r.Locations[0].PhysicalLocation
		uri, err := url.Parse(at.ArtifactLocation.URI)
		if err != nil || uri.IsAbs() || strings.HasPrefix(uri.Path, "/") || uri.Path == "" || uri.RawQuery != "" || uri.Fragment != "" ||
			at.ArtifactLocation.URIBaseID != "%SRCROOT%" || at.Region.StartLine < 1 {
			t.Errorf("location %+v: %v", at, err)
		}
	}
}

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != ""
}

func write(t *testing.T, p report.Place, each func(*report.SARIF)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := report.NewSARIF(&b, p)
	each(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSARIFOfNothing(t *testing.T) {
	t.Parallel()
	text := write(t, report.Place{}, func(w *report.SARIF) { _ = w.Add(found(), nil) })
	s := readSARIF(t, text)
	if len(s.Runs[0].Results) != 0 || len(s.Runs[0].Tool.Driver.Rules) != 8 || s.Runs[0].AutomationDetails.ID != "azstep-check-permissions/" {
		t.Errorf("%s", text)
	}
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	kinds := []policy.Kind{policy.NotAuthorized, policy.NotListed, policy.OpenAccess, policy.NoOpenAccess, policy.NoMatch, policy.NoApproval, policy.NoBranches, policy.NotFederated}
	s := readSARIF(t, write(t, report.Place{File: "ci policies/a?b#c%.yml", Shard: "3/10"}, func(w *report.SARIF) {
		for i, kind := range kinds {
			_ = w.Add(found(), []policy.Violation{{Kind: kind, Line: i + 4, Text: `[a](b) \x <&>` + "\n" + `##vso[x]`}})
		}
	}))
	if id := s.Runs[0].AutomationDetails.ID; id != "azstep-check-permissions/shard-3-of-10/" {
		t.Errorf("automation id %q", id)
	}
	seen := map[string]bool{}
	for i, r := range s.Runs[0].Results {
		if r.RuleID != string(kinds[i]) || r.Locations[0].PhysicalLocation.Region.StartLine != i+4 {
			t.Errorf("result %d: %+v", i, r)
		}
		if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "ci%20policies/a%3Fb%23c%25.yml" {
			t.Errorf("uri %q", uri)
		}
		if r.Message.Text != `\[a\](b) \\x <&>`+"\n"+`##vso\[x\]` {
			t.Errorf("message %q", r.Message.Text)
		}
		seen[r.PartialFingerprints["primaryLocationLineHash"]] = true
	}
	if len(seen) != len(kinds) {
		t.Errorf("%d fingerprints of %d violations", len(seen), len(kinds))
	}
}

// When a policy is edited, its violations move, and code scanning must recognize
// them. Different violations must have different fingerprints.
func TestSARIFFingerprints(t *testing.T) {
	t.Parallel()
	fingerprint := func(r policy.Resource, v policy.Violation) string {
		s := readSARIF(t, write(t, report.Place{File: "p.yml"}, func(w *report.SARIF) { _ = w.Add(r, []policy.Violation{v}) }))
		return s.Runs[0].Results[0].PartialFingerprints["primaryLocationLineHash"]
	}
	base := policy.Violation{Kind: policy.NotAuthorized, Line: 4, Pipeline: "15", Text: "rule 1 (line 4): no"}
	moved := base
	moved.Line, moved.Text = 9, "rule 2 (line 9): no"
	if fingerprint(found(), base) != fingerprint(found(), moved) {
		t.Error("a violation that moved has another fingerprint")
	}
	another := base
	another.Pipeline = "16"
	elsewhere := found()
	elsewhere.ID = "2"
	distinct := map[string]bool{fingerprint(found(), base): true, fingerprint(found(), another): true, fingerprint(elsewhere, base): true}
	if len(distinct) != 3 {
		t.Error("different violations share a fingerprint")
	}
}

func TestSARIFLimit(t *testing.T) {
	t.Parallel()
	var left int
	text := write(t, report.Place{}, func(w *report.SARIF) {
		for i := range 25_010 {
			_ = w.Add(policy.Resource{Type: "queue", ID: fmt.Sprint(i)}, []policy.Violation{{Kind: policy.OpenAccess, Line: 1, Text: "open"}})
		}
		left = w.Left()
	})
	s := readSARIF(t, text)
	if diff := cmp.Diff([]int{25_000, 10}, []int{len(s.Runs[0].Results), left}); diff != "" {
		t.Error(diff)
	}
	if len(text) > 20<<20 {
		t.Errorf("%d bytes", len(text))
	}
}
