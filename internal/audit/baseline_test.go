package audit

import (
	"errors"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"

	"github.com/google/go-cmp/cmp"
)

func TestParseBaseline(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"[]": true, "[\n\n]\n": true, "\xef\xbb\xbf[]": true,
		`[{"type":"queue","id":"1","name":"","openAccess":false,"pipelines":[],"violations":[]}]`:           true,
		`[{"project":"P","type":"queue","id":"1","openAccess":true,"pipelines":[{"id":1}],"newer":[1,{}]}]`: true,
		``: false, `{}`: false, `[`: false, `[{}]`: false, `[{"type":"queue","id":"1"}]`: false, `[1]`: false, `[] []`: false, `{"runs":[]}`: false,
		`[{"type":"queue","id":"1","openAccess":"no"}]`: false, `[{"authorizationId":"x","displayName":"y"}]`: false,
	} {
		if _, err := parseBaseline([]byte(text)); (err == nil) != good || err != nil && !errors.Is(err, errNoReport) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	b, err := parseBaseline([]byte(`[
{"project":"Fabrikam","type":"environment","id":"1","name":"a","openAccess":true,"pipelines":[{"id":1,"name":"one"},{"id":2,"name":"two"}]},
{"project":"Fabrikam","type":"environment","id":"2","name":"gone","openAccess":true,"pipelines":[{"id":2,"name":"two"}]},
{"project":"Fabrikam","type":"environment","id":"3","name":"there, and not asked about","openAccess":true,"pipelines":[{"id":2}]},
{"project":"Fabrikam","type":"queue","id":"2","name":"not looked for","openAccess":true,"pipelines":[]},
{"type":"queue","id":"9","name":"of a run over one","openAccess":false,"pipelines":[{"id":7}]}
]`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	each := func(d difference) { got = append(got, d.String()) }
	now := usable(false, 2, 3)
	now.Project, now.Name = "fabrikam", "a"
	b.compare(&found{resource: now, project: "Fabrikam"}, each)
	b.compare(&found{resource: policy.Resource{Project: "Fabrikam", Type: "environment", ID: "4", Open: true}}, each)
	b.compare(&found{resource: policy.Resource{Project: "Fabrikam", Type: "queue", ID: "9"}, project: "Fabrikam"}, each)
	b.exists("Fabrikam", "environment", "1")
	b.exists("Fabrikam", "environment", "3")
	b.searched("Fabrikam", "environment")
	b.deleted(shard{}, each)
	want := []string{
		`- environment "a" (1) in fabrikam: every pipeline (open access)`,
		`+ environment "a" (1) in fabrikam: pipeline 3`,
		`- environment "a" (1) in fabrikam: pipeline 1 (one)`,
		`+ environment 4 in Fabrikam: every pipeline (open access)`,
		`- queue 9 in Fabrikam: pipeline 7`,
		`- environment "gone" (2) in Fabrikam: every pipeline (open access)`,
		`- environment "gone" (2) in Fabrikam: pipeline 2 (two)`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var none *baseline
	none.compare(&found{resource: now}, each)
	none.exists("", "", "")
	none.searched("", "")
	none.deleted(shard{}, each)
	if len(got) != len(want) {
		t.Error("a missing report gave a comparison")
	}
}

func FuzzParseBaseline(f *testing.F) {
	f.Add(`[{"project":"P","type":"queue","id":"1","openAccess":true,"pipelines":[{"id":1}]}]`)
	f.Fuzz(func(t *testing.T, text string) {
		b, err := parseBaseline([]byte(text))
		if err == nil {
			b.deleted(shard{}, func(difference) { t.Error("a permission counts as deleted although no list was read") })
		}
	})
}
