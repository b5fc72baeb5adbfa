package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunUntilToldToStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan error)
	go func() { done <- run(ctx, []string{"-dir", dir}, write, io.Discard) }()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready https://127.0.0.1:") {
		t.Errorf("stdout %q, %v", line, err)
	}
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil || !strings.Contains(string(env), strings.TrimSpace(strings.TrimPrefix(line, "ready "))) {
		t.Errorf("env %q, %v", env, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{}, {"-dir", t.TempDir(), "more"}, {"-dir", t.TempDir(), "-addr", "0.0.0.0:0"},
		{"-dir", t.TempDir(), "-seed", "/nowhere/seed.yaml"}, {"-nonsense"},
	} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q: %v", args, err)
		}
	}
}
