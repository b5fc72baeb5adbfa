package auth

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// maxKey is the size of Azure Arc's keys at the most, as Microsoft's libraries
// bound it.
const maxKey = 4096

// prove answers Azure Arc's challenge, a file that only those can read who may
// have tokens: learn.microsoft.com, "Authenticate against Azure resources with
// Azure Arc-enabled servers".
func (s managedSource) prove(ctx context.Context, carry *courier, challenge string) (answer, error) {
	_, path, ok := strings.Cut(challenge, "Basic realm=")
	path = strings.Trim(path, `"`)
	if !ok || filepath.Dir(path) != filepath.Clean(s.at.keys) || filepath.Ext(path) != ".key" {
		return answer{}, fault.New(fault.BadResponse, "%s: Azure Arc names no key in %s", askingMachine, s.at.keys).
			With("update the agent of Azure Arc on this machine")
	}
	key, err := readKey(path)
	if err != nil {
		return answer{}, fault.New(fault.CredentialRejected, "%s: read the key of Azure Arc: %w", askingMachine, err).
			With("add the user that runs the job to the group himds (on Windows: Hybrid agent extension applications), and start its session anew")
	}
	carry.wire.Hide(key)
	return s.ask(ctx, carry, key)
}

func readKey(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, maxKey))
	return strings.TrimSpace(string(key)), err
}
