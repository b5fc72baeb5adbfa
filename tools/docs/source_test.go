package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `package steps

const scopes = "one two"

type base struct{}

func (base) deliver() []host.Output { return []host.Output{{Name: "shared"}} }

type other struct{ base }

func (o *other) Run() { o.deliver(); o.unheardOf() }

type sum struct{}

func (s *sum) deliver() { _ = host.Output{Name: "summed", Secret: true} }

type step struct{}

func (s *step) Run(e Env) {
	t := &sum{}
	t.deliver()
	s.more(t)
	help()
	e.deliver()
}

func (s *step) more(t *sum) { _ = []host.EnvVar{{Name: "none"}} }

func help() { _ = append(nil, host.Output{Name: "helped", Value: "x"}) }
`

func TestOutputsAreFoundAlongCalls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := readSource(dir)
	if err != nil {
		t.Fatal(err)
	}
	for typeName, want := range map[string][]output{
		"step": {{"summed", true}, {"helped", false}}, "other": {{"shared", false}}, "base": {{"shared", false}}, "none": nil,
	} {
		if diff := cmp.Diff(want, s.outputs(typeName), cmp.AllowUnexported(output{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typeName, diff)
		}
	}
	if diff := cmp.Diff([]string{"one", "two"}, s.words("scopes")); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsAreToldApart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"How long, such as 7d. Default 1h, at most 365d.":   {"How long, such as 7d. At most 365d.", "`1h`"},
		"A domain. Default example.com.":                    {"A domain.", "`example.com`"},
		"Name. Default: repository and run. For X: a name.": {"Name. For X: a name.", "repository and run"},
		"From AZURE_TENANT_ID, or `X_Y`, as https://a.b/c.": {"From `AZURE_TENANT_ID`, or `X_Y`, as `https://a.b/c`.", ""},
	} {
		meaning, value := described{text: text}.split()
		if diff := cmp.Diff(want, [2]string{meaning, value}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
