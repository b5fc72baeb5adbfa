//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain stands in for bench where a test has it run itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == peakWord {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for want, values := range map[float64][]float64{2: {3, 1, 2}, 2.5: {4, 1, 3, 2}, 7: {7}} {
		if got := median(values); got != want {
			t.Errorf("%v: %v, want %v", values, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	table := newTable(&out)
	table.figure("start", 3.14159)
	table.held("size", 9.8, 10, "MB")
	if err := table.verdict(); err != nil {
		t.Error(err)
	}
	table.held("ratio", 1.6, 1.5, "")
	if err := table.verdict(); err == nil || err.Error() != "over the target: ratio" {
		t.Error(err)
	}
	_, rows, _ := strings.Cut(out.String(), "-\n")
	var got [][]string
	for line := range strings.Lines(rows) {
		got = append(got, strings.Fields(line))
	}
	want := [][]string{{"start", "3.142", "ms"}, {"size", "9.8", "MB", "<=", "10", "MB"}, {"ratio", "1.6", "<=", "1.5"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadExports(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(path, []byte("# fake\nexport A='1 2'\nexport B='x=y'\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := readExports(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"A": "1 2", "B": "x=y"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInTurns(t *testing.T) {
	t.Parallel()
	yes, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	took, err := inTurns(t.Context(), 3, program{path: yes}, program{path: yes})
	if err != nil || len(took) != 2 || len(took[0]) != 3 || len(took[1]) != 3 {
		t.Errorf("%v, %v", took, err)
	}
	if _, err := inTurns(t.Context(), 3, program{path: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("what cannot run was measured")
	}
}

// TestPeak measures a process that is larger than the one that starts it.
func TestPeak(t *testing.T) {
	t.Parallel()
	large, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	got, err := program{path: large, args: []string{"list", "std"}, env: []string{"HOME=" + t.TempDir()}}.peak(t.Context())
	if err != nil || got < 8 || got > 1000 {
		t.Errorf("%v MiB, %v", got, err)
	}
}
