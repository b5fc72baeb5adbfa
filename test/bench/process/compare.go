//go:build unix

package main

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// latencies are zero, and the latency of a service on the same continent.
func latencies() []time.Duration { return []time.Duration{0, 40 * time.Millisecond} }

// The names of the sets of root certificates.
const (
	caFile  = "CA file"
	systems = "system"
)

// setting is the environment in which an operation was measured.
type setting struct {
	roots   string
	latency time.Duration
}

// measured holds the runs of an operation's contestants, by setting and name.
type measured map[setting]map[string][]*taken

// compare measures all operations, and prints each when it is done.
func (b *bench) compare(ctx context.Context) error {
	var all []*services
	defer func() {
		for _, s := range all {
			s.stop()
		}
	}()
	for _, latency := range latencies() {
		s, err := b.serve(ctx, latency)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	trust, err := b.trust(all)
	if err != nil {
		return err
	}
	everywhere := func(o operation, rounds int, among ...string) (measured, error) {
		found := measured{}
		for i, s := range all {
			for _, r := range trust[i] {
				if found[setting{r.name, s.latency}], err = b.turns(ctx, o, s, r, rounds, among); err != nil {
					return nil, fmt.Errorf("%s: %w", o.name, err)
				}
			}
		}
		return found, nil
	}
	for _, o := range operations() {
		found, err := everywhere(o, int(float64(b.rounds)*max(1, o.rounds)))
		if err != nil {
			return err
		}
		b.page.add(o.name, b.operationTable(o, found))
	}
	return b.compareMint(everywhere)
}

// compareMint compares the mint of a PAT with its targets, using only the
// contestants in the targets. There are enough rounds for two measurements to differ
// by less than the margin of the targets.
func (b *bench) compareMint(everywhere func(operation, int, ...string) (measured, error)) error {
	for _, o := range operations() {
		if o.name != "mint-pat" {
			continue
		}
		found, err := everywhere(o, 8*b.rounds, ours, plain, curl)
		if err != nil {
			return err
		}
		b.judgeMint(found)
	}
	return nil
}

// turns lets every available contestant perform an operation, alternating. If among
// is not empty, only these take part.
func (b *bench) turns(ctx context.Context, o operation, s *services, r roots, rounds int, among []string) (map[string][]*taken, error) {
	var names []string
	var entrants []entrant
	for _, c := range contestants() {
		if c.has(o) && b.missing[c.name] == "" && (len(among) == 0 || slices.Contains(among, c.name)) {
			names = append(names, c.name)
			entrants = append(entrants, entrant{c.every, func(ctx context.Context) (taken, error) { return b.once(ctx, c, o, job{s: s, roots: r}) }})
		}
	}
	runs, err := inTurns(ctx, rounds, entrants...)
	if err != nil {
		return nil, err
	}
	found := map[string][]*taken{}
	for i, name := range names {
		found[name] = runs[i]
	}
	return found, nil
}

func (b *bench) once(ctx context.Context, c contestant, o operation, j job) (taken, error) {
	if o.prepare != nil {
		var err error
		if j.subject, err = o.prepare(ctx, j.s); err != nil {
			return taken{}, fmt.Errorf("prepare: %w", err)
		}
	}
	return b.counted(ctx, j.s, c.program(b, o, j), o.proof)
}

func (b *bench) operationTable(o operation, found measured) [][]string {
	rows := [][]string{{"", "roots", "ms, answers at once", "ms, after 40 ms", "ms on processors", "MiB", "requests", "connections"}}
	for _, c := range contestants() {
		if !c.has(o) {
			continue
		}
		for _, name := range []string{caFile, systems} {
			near, far := found[setting{name, latencies()[0]}][c.name], found[setting{name, latencies()[1]}][c.name]
			if near == nil {
				rows = append(rows, []string{c.name, name, "not measured", "", "", "", "", ""})
				continue
			}
			rows = append(rows, []string{c.name, name, spread(values(near, wall)), spread(values(far, wall)), short(median(values(near, cpu))),
				short(median(values(near, memory))), short(median(values(near, requests))), short(median(values(near, connections)))})
		}
	}
	return rows
}

// judgeMint compares the mint of a PAT with its targets.
func (b *bench) judgeMint(found measured) {
	for _, name := range []string{caFile, systems} {
		near, far := found[setting{name, latencies()[0]}], found[setting{name, latencies()[1]}]
		if near == nil {
			continue
		}
		b.judged.met(mintBeside(plain, name, 0), ratio(near[ours], near[plain]))
		b.judged.met(mintBeside(plain, name, 40), ratio(far[ours], far[plain]))
		if near[curl] != nil {
			b.judged.met(mintBeside(curl, name, 0), ratio(near[ours], near[curl]))
		}
		if name == caFile {
			b.judged.met(mintMemory, median(values(near[ours], memory)))
		}
	}
}
