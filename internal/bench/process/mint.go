//go:build unix

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// services is an emulator in a process of its own.
type services struct {
	process *exec.Cmd
	dir     string
	env     map[string]string // what it wrote for clients
}

// serve starts one that waits before each answer.
func (b *bench) serve(ctx context.Context, latency time.Duration) (*services, error) {
	dir := filepath.Join(b.dir, "services-"+latency.String())
	s := &services{dir: dir, process: exec.CommandContext(ctx, b.built("azstep-emulator"), "-dir", dir, "-latency", latency.String())}
	said, err := s.process.StdoutPipe()
	if err == nil {
		err = s.process.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "ready ") {
		s.stop()
		return nil, errors.Join(fmt.Errorf("start the emulator: it says %q", line), err)
	}
	if s.env, err = readExports(filepath.Join(dir, "env")); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *services) stop() {
	_ = s.process.Process.Signal(syscall.SIGTERM)
	_ = s.process.Wait()
}

// readExports reads lines `export NAME='VALUE'`.
func readExports(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read what the emulator wrote: %w", err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			name, value, _ := strings.Cut(pair, "=")
			found[name] = strings.Trim(value, "'")
		}
	}
	return found, nil
}

// mint is azstep minting a PAT.
func (s *services) mint(azstep string) program {
	env := []string{"AZSTEP_SCOPES=vso.code"}
	for name, value := range s.env {
		if strings.HasPrefix(name, "AZSTEP_") {
			env = append(env, name+"="+value)
		}
	}
	return program{azstep, []string{"mint-pat"}, env}
}

// address and body are those of the same request by others.
func (s *services) address() string {
	return s.env["AZSTEP_ORGANIZATION"] + "/_apis/tokens/pats?api-version=7.1-preview.1"
}

func body() string {
	return fmt.Sprintf(`{"displayName":"bench","scope":"vso.code","validTo":%q,"allOrgs":false}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

func (s *services) baseline(path string) program {
	return program{path, []string{s.env["AZSTEP_CA_FILE"], s.address(), s.env["AZSTEP_CREDENTIAL"], body()}, nil}
}

func (s *services) curl(path string) program {
	return program{path, []string{"--silent", "--show-error", "--fail", "--cacert", s.env["AZSTEP_CA_FILE"],
		"--header", "Authorization: Bearer " + s.env["AZSTEP_CREDENTIAL"], "--header", "Content-Type: application/json",
		"--data", body(), s.address()}, nil}
}

// mint compares a mint with the bare request, without and with a latency like
// that of a service on the same continent.
func (b *bench) mint(ctx context.Context, t *table) error {
	for _, latency := range []time.Duration{0, 40 * time.Millisecond} {
		s, err := b.serve(ctx, latency)
		if err != nil {
			return err
		}
		err = b.compare(ctx, t, s, fmt.Sprintf(", answers after %d ms", latency.Milliseconds()))
		s.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) compare(ctx context.Context, t *table, s *services, where string) error {
	const rounds = 40
	names := []string{"azstep mint-pat", "a bare Go program's request", "curl's"}
	programs := []program{s.mint(b.azstep), s.baseline(b.built("baseline"))}
	if curl, err := exec.LookPath("curl"); err == nil {
		programs = append(programs, s.curl(curl))
	}
	took, err := inTurns(ctx, rounds, programs...)
	if err != nil {
		return err
	}
	for i := range programs {
		t.figure(names[i]+where, median(took[i]))
	}
	return nil
}
