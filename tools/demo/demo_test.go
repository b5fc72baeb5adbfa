package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/emulator"
)

const manifest = "../../action.yml"

// binary is the path of azstep, which is built once.
var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "azstep-demo-test-*")
	if err == nil {
		binary = filepath.Join(dir, "azstep")
		var said []byte
		if said, err = exec.Command("go", "build", "-o", binary, "github.com/azstep/azstep").CombinedOutput(); err != nil {
			err = fmt.Errorf("build azstep: %w: %s", err, said)
		}
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		fmt.Fprintln(os.Stderr, err)
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func TestDemonstrationSucceeds(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), binary, manifest, page{out: &out}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"1. GitHub Actions", "2. A later step", "3. The job ends", "4. Azure Pipelines",
		"token                  ***", "How it ends    revoked when the job ends",
		"revoked \"fabrikam/shop run 42 [azstep:", "All is as it should be: 2 PATs minted, 0 alive.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not shown", want)
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	if strings.Contains(out.String(), "FAKEPAT") {
		t.Error("the output contains the PAT")
	}
}

// TestItNotices runs the demonstration with programs that are not azstep.
func TestItNotices(t *testing.T) {
	t.Parallel()
	nothing, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	failure, err := exec.LookPath("false")
	if err != nil {
		t.Skip(err)
	}
	for name, test := range map[string]struct{ program, want string }{
		"it is not built":  {filepath.Join(t.TempDir(), "azstep"), "make build"},
		"it mints nothing": {nothing, "the PAT does not work"},
		"it fails":         {failure, "exit status 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := run(t.Context(), test.program, manifest, page{out: new(bytes.Buffer)})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// TestItNoticesALie lets the service confirm a revocation without revoking anything.
func TestItNoticesALie(t *testing.T) {
	t.Parallel()
	d, err := begin(binary, manifest, page{out: new(bytes.Buffer)})
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	lie := emulator.Fault{Method: http.MethodDelete, Kind: emulator.Status, Status: http.StatusNoContent, Times: -1}
	if err := d.services.AddFault(lie); err != nil {
		t.Fatal(err)
	}
	if err := d.onGitHub(t.Context()); err == nil || err.Error() != "the PAT still works" {
		t.Error(err)
	}
	if err := d.closing(); err == nil {
		t.Error("a PAT is still valid, but the demonstration succeeded")
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                    {""},
		"a  b":                {"a  b"},
		"one two three":       {"one two", "three"},
		"incomprehensible as": {"incomprehensible", "as"},
		"éééé éééé":           {"éééé éééé"},
		"incomprehensible":    {"incomprehensible"},
	} {
		if diff := cmp.Diff(want, wrap(text, 9)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestRendered(t *testing.T) {
	t.Parallel()
	got := rendered("### A title\n\n| Name | How it ends |\n| --- | --- |\n| <code>a&#124;b</code> | <code>x &amp; y</code> |\n")
	want := []string{"A title", "", "Name           a|b", "How it ends    x & y"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
