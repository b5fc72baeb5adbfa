//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// look finds the contestants that are installed, and builds those that can be built.
// Missing ones are left out, and the page says so.
func (b *bench) look(ctx context.Context) {
	for name, find := range map[string]func(context.Context) error{
		curl:     func(context.Context) error { return b.locate(curl, "curl") },
		glue:     func(context.Context) error { return errors.Join(b.locate(glue, "curl"), b.locate(glue, "jq")) },
		goAPI:    b.makePeers,
		nodeAPI:  b.installNode,
		azCLI:    b.findAz,
		openTofu: b.findTofu,
	} {
		if err := find(ctx); err != nil {
			b.missing[name] = strings.Join(strings.Fields(err.Error()), " ")
		}
	}
	for _, c := range contestants() {
		if why := b.missing[c.name]; why != "" {
			b.page.note("%s is left out: %.200s", c.name, why)
		}
	}
}

// locate finds a program in the PATH.
func (b *bench) locate(contestant, name string) (err error) {
	b.found[contestant], err = exec.LookPath(name)
	return err
}

// makePeers builds the program with the Go client, which is a separate module.
func (b *bench) makePeers(ctx context.Context) error {
	return b.goBuild(ctx, filepath.Join(b.root, "test", "bench", "peers"), ".")
}

// installNode installs exactly the packages in the lock file, without running their
// install scripts.
func (b *bench) installNode(ctx context.Context) error {
	if err := b.locate(nodeAPI, "node"); err != nil {
		return err
	}
	dir := b.built("node")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(b.root, "test", "bench", "peers", "node"))); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) findAz(ctx context.Context) error {
	if !b.withAz {
		return errors.New("it takes part with AZSTEP_BENCH_AZ=1, which takes some minutes more")
	}
	if err := b.locate(azCLI, "az"); err != nil {
		return err
	}
	if said, err := exec.CommandContext(ctx, "az", "version").Output(); err != nil || !strings.Contains(string(said), `"azure-devops"`) {
		return errors.New("its extension azure-devops is not here (Debian: python3-azext-devops)")
	}
	return nil
}

// findTofu finds the provider and what starts it. Neither is published in a form that
// this module could require.
func (b *bench) findTofu(context.Context) error {
	dir := os.Getenv("AZSTEP_BENCH_TOFU")
	if dir == "" {
		return errors.New("it takes part with AZSTEP_BENCH_TOFU=DIR, a folder with tofu and " + openTofu)
	}
	b.found[openTofu] = filepath.Join(dir, "tofu")
	for _, name := range []string{"tofu", openTofu} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	config := fmt.Sprintf("provider_installation {\n  dev_overrides { \"microsoft/azuredevops\" = %q }\n  direct {}\n}\n", dir)
	return os.WriteFile(b.built("tofu.rc"), []byte(config), 0o600)
}
