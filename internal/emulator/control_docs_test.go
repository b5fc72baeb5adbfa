package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

// Every control request that takes a body is documented with one, and what stands
// there is understood.
func TestControlBodiesAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/emulator.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `(POST|PUT) /_emulator/([^`]+)`.*?\\| (.*) \\|$").FindAllStringSubmatch(string(text), -1)
	body := regexp.MustCompile("`([{\\[][^`]*[}\\]])`")
	if len(rows) < 12 {
		t.Fatalf("%d rows", len(rows))
	}
	s := start(t, emulator.Options{})
	for _, row := range rows {
		path := strings.NewReplacer("{org}", "fabrikam", "{project}", "Fabrikam", "{tenant}", "fabrikam.example", "{type}", "endpoint", "{id}", "deploy").Replace(row[2])
		example := body.FindStringSubmatch(row[3])
		switch {
		case path == "reset":
			continue
		case path == "faults":
			example = regexp.MustCompile("-d '(.*)'").FindStringSubmatch(string(text))
		case example == nil:
			t.Errorf("%s %s has no body in docs/emulator.md", row[1], row[2])
			continue
		}
		request, err := http.NewRequestWithContext(t.Context(), row[1], s.URL()+"/_emulator/"+path, bytes.NewReader([]byte(example[1])))
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		// What the example is about need not be there.
		missing := regexp.MustCompile("no device code|is not in the seed|has no endpoint|user code").Match(answer)
		if response.StatusCode >= 400 && !missing {
			t.Errorf("%s %s with %s: %d %s", row[1], path, example[1], response.StatusCode, answer)
		}
	}
}
