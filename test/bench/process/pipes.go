//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
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
	return nil
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
