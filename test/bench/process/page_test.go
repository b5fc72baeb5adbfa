//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const pagePath = "../../../docs/benchmarks.md"

// TestPage checks that docs/benchmarks.md has every part that is measured, and every
// row in it. The figures are those of one machine.
func TestPage(t *testing.T) {
	t.Parallel()
	read, err := os.ReadFile(pagePath)
	if err != nil {
		t.Fatal(err)
	}
	text := string(read)
	want := map[string][]string{targetPart: nil}
	for _, target := range targets() {
		want[targetPart] = append(want[targetPart], target.name)
	}
	for _, o := range operations() {
		for _, c := range contestants() {
			if c.has(o) {
				want[o.name] = append(want[o.name], c.name)
			}
		}
	}
	for _, name := range parts() {
		begin, end, err := part(text, name)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, row := range want[name] {
			if !strings.Contains(text[begin:end], "\n| "+row+" ") {
				t.Errorf("%s: there is no row %q: run `make bench UPDATE=-update`", name, row)
			}
		}
	}
	if n := strings.Count(text, "<!-- measured: "); n != len(parts()) {
		t.Errorf("the page has %d measured parts, and %d are measured", n, len(parts()))
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	var text strings.Builder
	for _, name := range parts() {
		text.WriteString("by hand\n\n" + opening(name) + "old\n" + closing + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := page{out: new(bytes.Buffer), tables: map[string]string{}}
	for _, name := range parts() {
		p.add(name, [][]string{{"", "new"}, {name, "µ"}})
	}
	if err := p.update(path); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(path)
	if bytes.Contains(got, []byte("old")) || bytes.Count(got, []byte("by hand")) != len(parts()) || !bytes.Contains(got, []byte("| mint-pat | µ   |\n\n"+closing)) {
		t.Errorf("%s", got)
	}
	if err := os.WriteFile(path, []byte("empty"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := p.update(path); err == nil {
		t.Error("a page without parts was updated")
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	got := markdown([][]string{{"", "ms"}, {"azstep", "1–2"}, {"é", "10"}})
	want := "|        | ms  |\n|--------|-----|\n| azstep | 1–2 |\n| é      | 10  |\n"
	if got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	j := judged{figures: map[string]float64{binarySize: 10, execRatio: 0.5, startMs: 1e9}}
	if err := j.verdict(); err != nil {
		t.Error(err)
	}
	j.met(binarySize, 10.1)
	j.met(execRatio, 0.49)
	if err := j.verdict(); err == nil || err.Error() != "the target is missed: "+binarySize+"; "+execRatio {
		t.Error(err)
	}
	if row := j.table()[1]; strings.Join(row, ",") != binarySize+",10.1 MB,<= 10 MB" {
		t.Errorf("%q", row)
	}
}

func TestReadFigures(t *testing.T) {
	t.Parallel()
	all := readFigures("goos: linux\nBenchmarkRedact/short4/1000-2  \t 75\t 13768037 ns/op\t1218.56 MB/s\n" +
		"BenchmarkPolicy10000-2   \t 1\t 32.74 MiB-RSS\t 1.067 of-bare\t 1.399 of-ideal\t 10013 requests\t 8.000 connections\nBenchmarkNew 549902 2527 ns/op\nPASS\n")
	var got []string
	for _, row := range figureTable(all) {
		got = append(got, strings.Join(row, ": "))
	}
	want := "benchmark: figures|Redact/short4/1000: 1219 MB/s|Policy10000: 1.4 of-ideal, 1.07 of-bare, 32.7 MiB-RSS, 10013 requests, 8 connections|New: 2.53 µs"
	if strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
	b := &bench{judged: &judged{figures: map[string]float64{}}}
	b.judgeFigures(all)
	if f := b.judged.figures; f[redactShort] != 1218.56 || f[policyTime] != 1.399 || f[policyMemory] != 32.74 {
		t.Errorf("%v", f)
	}
}
