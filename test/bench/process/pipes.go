//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/creack/pty"
)

// outputSize is how many bytes a command prints through exec.
const outputSize = 512 << 20

// pipes compares a command's output through exec, which searches it for secrets,
// with the same output through one additional process.
func (b *bench) pipes(ctx context.Context) error {
	s, err := b.serve(ctx, time.Duration(0))
	if err != nil {
		return err
	}
	defer s.stop()
	file := filepath.Join(b.dir, "build.log")
	if err := writeLog(file, outputSize); err != nil {
		return fmt.Errorf("make a log: %w", err)
	}
	defer func() { _ = os.Remove(file) }()
	mint := byAzstep(b, patOperations()[0], job{s: s, roots: roots{file: s.env["AZSTEP_CA_FILE"]}})
	sh := func(script string) entrant {
		return b.entrant(program{"/bin/sh", []string{"-euc", script, b.azstep, file}, mint.env})
	}
	took, err := inTurns(ctx, max(3, b.rounds/4), sh(`"$0" exec mint-pat -- cat "$1" | cat >/dev/null`), sh(`cat "$1" | cat | cat >/dev/null`))
	if err != nil {
		return err
	}
	rate := func(runs []*taken) float64 { return outputSize / 1e3 / median(values(runs, wall)) } // MB/s
	b.judged.met(execRate, rate(took[0]))
	b.judged.met(catRate, rate(took[1]))
	b.judged.met(execRatio, ratio(took[1], took[0]))
	return b.terminals(ctx, mint, file)
}

// terminalSize is how many bytes a command prints on a terminal: the start of the
// log, because a terminal is slower than a pipe.
const terminalSize = 64 << 20

// terminals compares a command's output through exec, which gives it a terminal of
// its own, with the same output straight to a terminal.
func (b *bench) terminals(ctx context.Context, mint program, file string) error {
	if err := os.Truncate(file, terminalSize); err != nil {
		return err
	}
	through := program{b.azstep, []string{"exec", "mint-pat", "--", "cat", file}, mint.env}
	took, err := inTurns(ctx, max(3, b.rounds/4), onTerminal(through), onTerminal(program{path: "cat", args: []string{file}}))
	if err != nil {
		return fmt.Errorf("on a terminal: %w", err)
	}
	rate := func(runs []*taken) float64 { return terminalSize / 1e3 / median(values(runs, wall)) } // MB/s
	b.judged.met(terminalRate, rate(took[0]))
	b.judged.met(terminalCatRate, rate(took[1]))
	b.judged.met(terminalRatio, ratio(took[1], took[0]))
	return nil
}

// onTerminal runs a program on a pseudo-terminal whose output is thrown away. Only
// its wall time is measured.
func onTerminal(p program) entrant {
	return entrant{run: func(ctx context.Context) (taken, error) {
		cmd := exec.CommandContext(ctx, p.path, p.args...)
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TERM=dumb"}, p.env...)
		begun := time.Now()
		terminal, err := pty.Start(cmd)
		if err != nil {
			return taken{}, err
		}
		defer func() { _ = terminal.Close() }()
		shown, _ := io.Copy(io.Discard, terminal) // ends with an error: nobody has the terminal open
		if err := cmd.Wait(); err != nil {
			return taken{}, fmt.Errorf("%s: %w", p.path, err)
		}
		if shown < terminalSize {
			return taken{}, fmt.Errorf("%s: %d of %d bytes arrived", p.path, shown, terminalSize)
		}
		return taken{wall: float64(time.Since(begun).Microseconds()) / 1000}, nil
	}}
}

// writeLog writes typical build output: words, paths, digests and numbers.
func writeLog(path string, size int) error {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"build", "restore", "compile", "node_modules/", "INFO", "warning:", "==>", "ok", "cached", "downloading",
		"2026-11-21T10:11:12Z", "eyJhbGciOi", "sha256:9f86d081884c7d659a2feaa0c55ad015", "https://dev.azure.com/fabrikam",
	}
	var part bytes.Buffer
	for part.Len() < 8<<20 {
		for range 8 {
			part.WriteString(words[random.IntN(len(words))] + " ")
		}
		fmt.Fprintln(&part, random.Int64())
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	for left := size; left > 0 && err == nil; left -= part.Len() {
		_, err = file.Write(part.Bytes()[:min(left, part.Len())])
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}
