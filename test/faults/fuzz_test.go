//go:build unix

package faults

import (
	"bytes"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/command"
	"github.com/azstep/azstep/internal/hosttest"
)

// FuzzInjection is [TestInjection] with texts from the fuzzer, within this process,
// so that the fuzzer sees the code that they reach.
func FuzzInjection(f *testing.F) {
	for i, text := range append(commands(), separators()...) {
		f.Add(text, uint16(i*31))
		f.Add("a"+text+"b"+text, uint16(i*31+7))
	}
	var quiet []scenario
	for _, s := range scenarios() {
		if s.words == nil {
			quiet = append(quiet, s)
		}
	}
	f.Fuzz(func(t *testing.T, text string, choice uint16) {
		if len(text) > 20_000 {
			t.Skip("longer than any name")
		}
		n := int(choice)
		s := quiet[n%len(quiet)]
		n /= len(quiet)
		on := s.on
		if on == nil {
			on = everywhere()
		}
		at := on[n%len(on)]
		g := newGenerator(uint64(choice))
		g.fixed = text
		s.attacked(t, at, attacks()[n/len(on)%len(attacks())], g, (*hunt).startHere)
	})
}

// startHere is start without a separate process.
func (h *hunt) startHere(s *hosttest.Step, words ...string) ran {
	var stdout, stderr bytes.Buffer
	p := command.Process{
		Args: append([]string{"azstep"}, words...), Env: s.Env, Dir: h.dir, PID: 4711, Stdin: strings.NewReader(""),
		Stdout: &stdout, Stderr: &stderr, Version: "test",
	}
	r := ran{env: s.Env}
	r.Exit = p.Run(h.t.Context())
	r.stdout, r.stderr = stdout.Bytes(), stderr.Bytes()
	r.Ended = s.End(r.stdout, r.stderr)
	return r
}
