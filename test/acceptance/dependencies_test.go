package acceptance

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// TestDependencies checks what is linked into the binary: no emulator, no doubles,
// no test code, and no template engine except the one that a library imports and the
// linker removes.
func TestDependencies(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{.ImportPath}} {{join .Imports \" \"}}", module).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		for _, never := range []string{"github.com/azstep/azstep/internal/emulator", "github.com/azstep/azstep/internal/hosttest", "github.com/azstep/azstep/test/kills", "github.com/azstep/azstep/tools/demo", "testing", "net/http/httptest", "expvar", "net/http/pprof", "plugin", "golang.org/x/crypto/x509roots/fallback"} {
			if words[0] == never {
				t.Errorf("%s is linked in", never)
			}
		}
		importer := words[0] != "html/template" && words[0] != "github.com/sethvargo/go-githubactions"
		if importer && (slices.Contains(words[1:], "text/template") || slices.Contains(words[1:], "html/template")) {
			t.Errorf("%s imports a template engine", words[0])
		}
	}
}

// TestErrorsDoc checks that docs/errors.md has a heading for each code.
func TestErrorsDoc(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(root + "/docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	var headings []string
	for line := range strings.Lines(string(page)) {
		if heading, ok := strings.CutPrefix(line, "### "); ok {
			headings = append(headings, strings.Trim(strings.TrimSpace(heading), "`"))
		}
	}
	codes := fault.Codes()
	for _, e := range client.PATErrors() {
		codes = append(codes, e.Code)
	}
	for _, code := range codes {
		if !slices.Contains(headings, string(code)) {
			t.Errorf("docs/errors.md has no heading for %s", code)
		}
	}
	for _, heading := range headings {
		known := slices.Contains(codes, fault.Code(heading))
		if !known && !strings.HasPrefix(heading, "AADSTS") && !strings.HasPrefix(heading, "iot-") {
			t.Errorf("docs/errors.md has a heading for %s, which is not a code", heading)
		}
	}
}
