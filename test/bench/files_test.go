package bench

import (
	"os"
	"os/exec"
	"testing"
)

func write(b *testing.B, path string, text []byte) {
	if err := os.WriteFile(path, text, 0o600); err != nil {
		b.Fatal(err)
	}
}

// build builds a command of this module.
func build(b *testing.B, binary, command string) {
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-tags=nethttpomithttp2", "-ldflags=-s -w", "-o", binary, command)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
}
