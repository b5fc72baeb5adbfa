package input

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestValueSpellings(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"INPUT_RESOURCE-TYPE": " queue\n", "INPUT_RESOURCE_TYPE": "b", "AZSTEP_RESOURCE_TYPE": "c",
		"INPUT_PROJECT": "", "AZSTEP_PROJECT": "Fabrikam",
		"INPUT_TEAM": "$(team)", "AZSTEP_TEAM": "Web",
		"AZSTEP_NAME": "$(x",
	}
	for _, c := range []struct {
		name   string
		strict bool
		want   string
		ok     bool
	}{
		{"resource-type", false, "queue", true},
		{"resource-type", true, "queue", true},
		{"project", false, "Fabrikam", true},
		{"project", true, "", false},
		{"team", false, "Web", true},
		{"team", true, "$(team)", false},
		{"name", false, "$(x", true},
	} {
		got, ok := NewSource(env, c.strict, false).Value(c.name)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s strict=%v: %q %v, want %q %v", c.name, c.strict, got, ok, c.want, c.ok)
		}
	}
}

type sample struct {
	embedded
	Scopes   Words    `env:"SCOPES" required:"true"`
	Lifetime Duration `env:"LIFETIME, default=1h"`
	ValidTo  Instant  `env:"VALID_TO"`
	Keep     Bool     `env:"REVOKE_AT_JOB_END, default=true"`
	Project  string   `env:"PROJECT" azure:"SYSTEM_TEAMPROJECT"`
	Roles    List     `env:"ROLES"`
	Attempts Count    `env:"MAX_ATTEMPTS, default=4"`
}

type embedded struct {
	Credential Secret `env:"CREDENTIAL"`
	TenantID   string `env:"TENANT_ID" from:"AZURE_TENANT_ID"`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"AZSTEP_SCOPES": "vso.code, vso.build\nvso.code", "AZSTEP_LIFETIME": "7d", "AZSTEP_VALID_TO": "2026-12-01T08:30:00.25+01:00",
		"AZSTEP_REVOKE_AT_JOB_END": "FALSE", "SYSTEM_TEAMPROJECT": "Fabrikam Fiber", "AZSTEP_ROLES": "org admin, builder\n operator",
		"AZSTEP_CREDENTIAL": "FAKE-secret", "AZURE_TENANT_ID": "t",
	}
	var got sample
	if problems := NewSource(env, false, true).Decode(t.Context(), &got); problems != nil {
		t.Fatal(problems)
	}
	want := sample{
		embedded: embedded{"FAKE-secret", "t"}, Scopes: Words{"vso.code", "vso.build"}, Lifetime: Duration(7 * 24 * time.Hour),
		ValidTo: got.ValidTo, Project: "Fabrikam Fiber", Roles: List{"org admin", "builder", "operator"}, Attempts: 4,
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
		t.Error(diff)
	}
	if got.ValidTo.UTC().Format(time.RFC3339Nano) != "2026-12-01T07:30:00.25Z" {
		t.Errorf("valid-to = %v", got.ValidTo)
	}
}

func TestDecodeLeavesUnsetFieldsAlone(t *testing.T) {
	t.Parallel()
	var got sample
	if problems := NewSource(map[string]string{"INPUT_SCOPES": "a"}, true, false).Decode(t.Context(), &got); problems != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(sample{Scopes: Words{"a"}, Lifetime: Duration(time.Hour), Keep: true, Attempts: 4}, got, cmp.AllowUnexported(sample{})); diff != "" {
		t.Error(diff)
	}
}

// An agent's variable that is not an input counts only on Azure Pipelines, and does
// not affect the input for which it is a default.
func TestDecodeVariables(t *testing.T) {
	t.Parallel()
	type step struct {
		Pipelines List   `env:"PIPELINES"`
		Running   string `azure:"SYSTEM_DEFINITIONID"`
	}
	env := map[string]string{"SYSTEM_DEFINITIONID": " 6 ", "INPUT_": "x", "AZSTEP_RUNNING": "7"}
	for azure, want := range map[bool]string{true: "6", false: ""} {
		var got step
		if problems := NewSource(env, false, azure).Decode(t.Context(), &got); len(problems) > 0 || got.Running != want || got.Pipelines != nil {
			t.Errorf("azure %v: %+v, %v", azure, got, problems)
		}
	}
	if names := Names(new(step)); len(names) != 1 || names[0] != "pipelines" {
		t.Errorf("inputs %q", names)
	}
}

func TestDecodeAcceptsOnlyUTF8(t *testing.T) {
	t.Parallel()
	var got sample
	env := map[string]string{"AZSTEP_SCOPES": "vso.code", "AZSTEP_PROJECT": "a\xff", "AZSTEP_CREDENTIAL": "FAKE-\xff"}
	problems := NewSource(env, false, false).Decode(t.Context(), &got)
	if len(problems) != 1 || fault.From(problems[0]).Input != "project" || got.Credential != "FAKE-\xff" {
		t.Errorf("%v", problems)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("/github/workspace is not an absolute path")
	}
	w := Workspace{Root: "/github/workspace", Dir: "/github/workspace/sub"}
	for path, want := range map[string]string{
		"policy.yml": "sub/policy.yml", "../ci/policy.yml": "ci/policy.yml", "/github/workspace/x.yml": "x.yml",
		"/etc/policies/x.yml": "x.yml", "../../x.yml": "x.yml",
	} {
		if got := w.Place(path); got != want {
			t.Errorf("Place(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestDecodeReportsAllProblemsByInputName(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"INPUT_LIFETIME": "3600", "INPUT_VALID-TO": "tomorrow", "INPUT_REVOKE-AT-JOB-END": "yes", "INPUT_ROLES": ",,",
		"INPUT_MAX-ATTEMPTS": "0", "AZSTEP_SCOPES": "not read in strict mode", "SYSTEM_TEAMPROJECT": "only on azure",
	}
	var dst sample
	var names []string
	for _, err := range NewSource(env, true, false).Decode(t.Context(), &dst) {
		var f *fault.Error
		if !errors.As(err, &f) || f.ExitCode() != 2 || len(f.Hints) != 1 || !strings.Contains(err.Error(), f.Input) {
			t.Errorf("not a problem of an input: %v", err)
			continue
		}
		names = append(names, f.Input)
	}
	want := []string{"scopes", "lifetime", "valid-to", "revoke-at-job-end", "roles", "max-attempts"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if dst.Project != "" {
		t.Errorf("project = %q", dst.Project)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "0.5d": 12 * time.Hour,
		"": -1, "5": -1, "0s": -1, "-1h": -1, "d": -1, "NaNd": -1, "1e300d": -1, "1 h": -1, "7D": -1, "infd": -1, "1d2h": -1,
	} {
		var d Duration
		err := d.EnvDecode(in)
		if want < 0 && err == nil || want >= 0 && time.Duration(d) != want {
			t.Errorf("%q: %v, %v", in, time.Duration(d), err)
		}
	}
}

func TestDurationsAreWrittenAsTyped(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"90ms", "45s", "1m30s", "59m", "1h", "1h30m", "1h0m5s", "25h", "7d"} {
		var d Duration
		if err := d.EnvDecode(typed); err != nil || d.String() != typed {
			t.Errorf("%s becomes %s (%v)", typed, d, err)
		}
	}
}

func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	s := struct{ S Secret }{"FAKE-hunter2"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, s); strings.Contains(text, "hunter2") || strings.Contains(text, "68756e74657232") {
			t.Errorf("%s shows %s", verb, text)
		}
	}
}

func TestSecretsAreFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"INPUT_CLIENT-SECRET": "FAKE-a", "INPUT_CLIENT_SECRET": "FAKE-b", "AZSTEP_REFRESH_TOKEN": "FAKE-c\n",
		"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)", "AZURE_DEVOPS_EXT_PAT": "FAKE-d", "INPUT_CREDENTIAL": "",
		"HTTPS_PROXY": "http://user:FAKE-e@proxy:3128", "http_proxy": "proxy:3128",
	}
	got := strings.Join(Secrets(env), " ")
	for _, want := range []string{"FAKE-a", "FAKE-b", "FAKE-c", "FAKE-d", "FAKE-e"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not among %s", want, got)
		}
	}
	if n := len(Secrets(env)); n != 5 {
		t.Errorf("%d secrets", n)
	}
}

func TestFilesStayInTheWorkspace(t *testing.T) {
	t.Parallel()
	outer := t.TempDir()
	root := filepath.Join(outer, "ws")
	sub := filepath.Join(root, "sub")
	for path, text := range map[string]string{"secret.txt": "outside", "ws/sub/policy.yml": "inside", "ws/ca.pem": "pem"} {
		full := filepath.Join(outer, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(full), 0o700), os.WriteFile(full, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"ws/link.txt": "../secret.txt", "ws/dir": "sub", "abs.txt": "secret.txt"} {
		if err := os.Symlink(to, filepath.Join(outer, link)); err != nil {
			t.Fatal(err)
		}
	}
	w := NewWorkspace(map[string]string{"GITHUB_WORKSPACE": root}, sub)
	for path, want := range map[string]string{
		"policy.yml": "inside", "../ca.pem": "pem", filepath.Join(outer, "secret.txt"): "outside",
		"../../secret.txt": "", "../link.txt": "", "../dir/policy.yml": "", filepath.Join(outer, "abs.txt"): "", "..": "", "gone": "", "a\x00b": "",
	} {
		got, err := w.ReadFile("policy", path, 100)
		if string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", path, got, err)
		}
		if err != nil && fault.From(err).Input != "policy" {
			t.Errorf("%q: the error does not name the input: %v", path, err)
		}
	}
	if _, err := w.ReadFile("policy", "policy.yml", 3); err == nil || !strings.Contains(err.Error(), "larger") {
		t.Errorf("a file over the limit: %v", err)
	}
	f, err := w.Create("report-file", "../report.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Discard()
	if info, _ := f.Stat(); info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("mode %v", info.Mode())
	}
	if _, err := w.Create("report-file", "../link.txt"); err == nil {
		t.Error("wrote through a link")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("7d", "vso.code vso.build", "2026-12-01T08:30:00Z", "true", "4")
	f.Add("NaNd", ",\n", "0", "$(x)", "-1")
	f.Fuzz(func(t *testing.T, lifetime, scopes, validTo, keep, attempts string) {
		env := map[string]string{"AZSTEP_LIFETIME": lifetime, "AZSTEP_SCOPES": scopes, "AZSTEP_VALID_TO": validTo,
			"AZSTEP_REVOKE_AT_JOB_END": keep, "AZSTEP_MAX_ATTEMPTS": attempts, "AZSTEP_CREDENTIAL": lifetime}
		var dst sample
		for _, err := range NewSource(env, false, false).Decode(t.Context(), &dst) {
			if fault.From(err).Input == "" {
				t.Errorf("problem without an input: %v", err)
			}
		}
		if dst.Lifetime < 0 || dst.Attempts < 0 {
			t.Errorf("%+v", dst)
		}
	})
}
