//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// suite is a package with benchmarks, and how long each of them runs.
type suite struct{ dir, time string }

func suites() []suite {
	return []suite{
		{"./internal/mask", "0.5s"},
		{"./internal/transport", "40x"}, // each first request waits until the previous one's connections are gone
		{"./test/bench", "1s"},
	}
}

// figure is the result of one benchmark, by unit.
type figure struct {
	name   string
	values map[string]float64
}

// goBenchmarks runs the benchmarks of packages and prints their results.
func (b *bench) goBenchmarks(ctx context.Context) error {
	var all []figure
	for _, s := range suites() {
		cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchtime", s.time, s.dir)
		cmd.Dir = b.root
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("run the benchmarks of %s: %w\n%s", s.dir, err, out.Bytes())
		}
		all = append(all, readFigures(out.String())...)
	}
	b.page.add(goPart, figureTable(all))
	b.judgeFigures(all)
	return nil
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)

// readFigures parses the output of `go test -bench`: pairs of value and unit.
func readFigures(text string) []figure {
	var all []figure
	for _, m := range benchmarkLine.FindAllStringSubmatch(text, -1) {
		f := figure{name: m[1], values: map[string]float64{}}
		words := strings.Fields(m[2])
		for i := 0; i+1 < len(words); i += 2 {
			if value, err := strconv.ParseFloat(words[i], 64); err == nil {
				f.values[words[i+1]] = value
			}
		}
		all = append(all, f)
	}
	return all
}

// units lists the units that are printed, in this order.
func units() []string {
	return []string{"MB/s", "of-requests", "of-ideal", "of-bare", "MiB-RSS", "requests", "connections", "ms-program", "ms-requests"}
}

func figureTable(all []figure) [][]string {
	rows := [][]string{{"benchmark", "figures"}}
	for _, f := range all {
		var told []string
		for _, unit := range units() {
			if value, ok := f.values[unit]; ok {
				told = append(told, short(value)+" "+unit)
			}
		}
		if ns, ok := f.values["ns/op"]; ok && len(told) == 0 {
			told = append(told, elapsed(ns))
		}
		rows = append(rows, []string{f.name, strings.Join(told, ", ")})
	}
	return rows
}

func elapsed(ns float64) string {
	if ns < 1e6 {
		return short(ns/1e3) + " µs"
	}
	return short(ns/1e6) + " ms"
}

// judgeFigures compares the figures that have a target.
func (b *bench) judgeFigures(all []figure) {
	for _, f := range all {
		switch f.name {
		case "Redact/random/1000":
			b.judged.met(redactRandom, f.values["MB/s"])
		case "Redact/shared-prefix/1000":
			b.judged.met(redactPrefix, f.values["MB/s"])
		case "Redact/short4/1000":
			b.judged.met(redactShort, f.values["MB/s"])
		case "Policy10000":
			b.judged.met(policyTime, f.values["of-ideal"])
			b.judged.met(policyMemory, f.values["MiB-RSS"])
		case "Ensure10000":
			b.judged.met(ensureTime, f.values["of-ideal"])
			b.judged.met(ensureMemory, f.values["MiB-RSS"])
		case "Keyless":
			b.judged.met(keylessOfThem, f.values["of-requests"])
		}
	}
}
