package host

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestAzurePublish(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: AzurePipelines})
	h.Hide(pat)
	h.stdout.Reset()
	err := h.Publish([]Output{
		{Name: "token", Value: pat, Secret: true},
		{Name: "authorization-id", Value: "id;]"},
		{Name: "team-description", Value: "50%\r\nof\tit \x1b[2J\u009b\x00\u2028\u0085##vso[x]"},
		{Name: "quoted", Value: "holds " + pat},
	}, EnvVar{"AZSTEP_TOKEN", pat})
	if err != nil {
		t.Fatal(err)
	}
	want := `##vso[task.setvariable variable=token;isOutput=true;isSecret=true]FAKE-PAT-0001
##vso[task.setvariable variable=authorizationId;isOutput=true]id%3B%5D
##vso[task.setvariable variable=teamDescription;isOutput=true]50%AZP25%0D%0Aof	it \x1b[2J\u009b\x00\u2028\u0085##vso[x%5D
##vso[task.setvariable variable=quoted;isOutput=true;isSecret=true]holds FAKE-PAT-0001
##vso[task.setvariable variable=AZSTEP_TOKEN;isSecret=true]FAKE-PAT-0001
`
	if diff := cmp.Diff(want, h.stdout.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAzureTakesNoSecretOfSeveralLines(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"FAKE-1\nFAKE-2", "FAKE-1\rFAKE-2"} {
		h := start(Options{Kind: AzurePipelines})
		for _, err := range []error{
			h.Publish([]Output{{Name: "a", Value: "b"}, {Name: "token", Value: value, Secret: true}}),
			h.Publish(nil, EnvVar{"X", value}),
		} {
			if !fault.Is(err, fault.OutputFailed) || strings.Contains(err.Error(), "FAKE") {
				t.Errorf("%q: %v", value, err)
			}
		}
		if strings.Contains(h.stdout.String(), "setvariable") {
			t.Errorf("some of the outputs were written: %s", h.stdout)
		}
	}
}

// With DECODE_PERCENTS=false an agent decodes every escape except the percent
// sign's.
func TestAzureWithoutPercentEscapes(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: AzurePipelines, Env: map[string]string{"DECODE_PERCENTS": "False"}})
	h.Hide("FAKE%2Bsecret")
	if err := h.Publish([]Output{{Name: "quota", Value: "50%;]"}}); err != nil {
		t.Fatal(err)
	}
	h.Warnf("half of %%0A and 50%%")
	if strings.Contains(h.stdout.String(), "AZP25") {
		t.Errorf("written for an agent that decodes percent signs:\n%s", h.stdout)
	}
	for _, want := range []string{"[task.setsecret]FAKE%2Bsecret\n", "]50%%3B%5D\n", "]half of % 0A and 50%\n"} {
		if !strings.Contains(h.stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, h.stdout)
		}
	}
}

func TestAzureRefusesWhatTheAgentWouldChange(t *testing.T) {
	t.Parallel()
	env := map[string]string{"DECODE_PERCENTS": "false"}
	for _, value := range []string{"a%3Bb", "%0D", "%0A", "x%5D"} {
		h := start(Options{Kind: AzurePipelines, Env: env})
		o := Output{Name: "team-name", Value: value}
		for _, err := range []error{h.Check(o), h.Publish([]Output{o})} {
			if !fault.Is(err, fault.OutputFailed) || !strings.Contains(err.Error(), "teamName") || len(fault.From(err).Hints) == 0 {
				t.Errorf("%q: %v", value, err)
			}
		}
		if err := start(Options{Kind: AzurePipelines}).Publish([]Output{o}); err != nil {
			t.Errorf("%q, with percent signs decoded: %v", value, err)
		}
		h.Hide("FAKE-" + value)
		if err := h.Ready(); !fault.Is(err, fault.OutputFailed) {
			t.Errorf("%q cannot be masked: %v", value, err)
		}
	}
}

// Values for a later `azstep post` are JSON, which has its own escape for the
// percent sign.
func TestAzureSavesPercentSigns(t *testing.T) {
	t.Parallel()
	h := start(Options{Kind: AzurePipelines, Env: map[string]string{"DECODE_PERCENTS": "false"}})
	if err := h.Save("AZSTEP_LEASE_00000001", `{"name":"a%3Bb"}`); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(h.stdout.String(), `{"name":"a\u00253Bb"}`) {
		t.Error(h.stdout.String())
	}
}

func FuzzAgentCommand(f *testing.F) {
	f.Add("x;y]z", "100%;]\r\n")
	f.Add("%3B", "%AZP25%0A")
	f.Fuzz(func(t *testing.T, property, data string) {
		if property == "" || strings.TrimSpace(property) != property {
			t.Skip("the agent drops empty variables")
		}
		line := new(azure).command("task.logissue", data, "type", "error", "code", property)
		want := parsed{"task.logissue", map[string]string{"type": "error", "code": property}, data}
		got, _ := agentCommand(line)
		if diff := cmp.Diff(want, got); diff != "" || len(lines(line+"\n")) != 1 {
			t.Fatalf("%q: %s", line, diff)
		}
	})
}

func TestAzureSummary(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	summary := Summary{Title: "Title", Head: []string{"A"}, Rows: [][]string{{"cell"}}}
	for name, c := range map[string]struct {
		o        Options
		uploaded bool
	}{
		"on the agent":          {Options{Env: map[string]string{"AGENT_TEMPDIRECTORY": dir}}, true},
		"in a container":        {Options{Env: map[string]string{"AGENT_TEMPDIRECTORY": dir}, InContainer: true}, false},
		"directory not mounted": {Options{Env: map[string]string{"AGENT_TEMPDIRECTORY": dir + "/gone"}}, false},
		"directory not named":   {Options{}, false},
		"directory relative":    {Options{Env: map[string]string{"AGENT_TEMPDIRECTORY": "."}}, false},
	} {
		c.o.Kind = AzurePipelines
		h := start(c.o)
		h.Summarize(summary)
		first, ok := agentCommand(lines(h.stdout.String())[0])
		if ok != c.uploaded {
			t.Errorf("%s: %s", name, h.stdout)
		}
		if !c.uploaded {
			if h.stdout.String() != "azstep: Title\nazstep: A\nazstep: cell\n" {
				t.Errorf("%s: %q", name, h.stdout)
			}
			continue
		}
		if first.Name != "task.addattachment" || first.Props["name"] != "azstep - Title" || filepath.Dir(first.Data) != dir || filepath.Ext(first.Data) != ".md" {
			t.Errorf("%s: %+v", name, first)
		}
		if info, err := os.Stat(first.Data); err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if got := read(t, first.Data); !strings.HasPrefix(got, "### Title\n") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
