package main

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// built builds the command like a release and returns its path.
func built(t testing.TB) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "azstep-emulator")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}

// serve starts the command and waits until it prints its address.
func (p *process) serve(t testing.TB, binary string) {
	t.Helper()
	p.dir = t.TempDir()
	p.command = exec.CommandContext(t.Context(), binary, "-dir", p.dir)
	stdout, err := p.command.StdoutPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("the emulator says %q: %v", line, err)
	}
	p.url, p.stdout = url, stdout
}

type process struct {
	command  *exec.Cmd
	stdout   io.Closer
	dir, url string
}

func (p *process) stop() {
	_ = p.stdout.Close()
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
}

// BenchmarkStart measures the time from the start of the process until clients can
// connect.
func BenchmarkStart(b *testing.B) {
	binary := built(b)
	for b.Loop() {
		var p process
		p.serve(b, binary)
		b.StopTimer()
		p.stop()
		b.StartTimer()
	}
}
