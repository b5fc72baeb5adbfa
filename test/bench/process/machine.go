//go:build unix

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// machine returns a table about the machine and the tools of this measurement.
func (b *bench) machine(ctx context.Context) [][]string {
	rows := [][]string{{"", ""},
		{"machine", fmt.Sprintf("%s, %d processors, %s/%s", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH)},
		{"system", system()},
		{"Go", runtime.Version()},
		{"rounds", fmt.Sprintf("%d, of mint-pat %d", b.rounds, 2*b.rounds)},
	}
	for _, tool := range []struct {
		contestant, name string
		version          func(context.Context) string
	}{
		{curl, "curl", func(ctx context.Context) string { return said(ctx, `^curl (\S+)`, "curl", "--version") }},
		{glue, "jq", func(ctx context.Context) string { return said(ctx, `^jq-?(\S+)`, "jq", "--version") }},
		{goAPI, "azure-devops-go-api", b.goAPIVersion},
		{nodeAPI, "node", func(ctx context.Context) string { return said(ctx, `^v(\S+)`, "node", "--version") }},
		{nodeAPI, "azure-devops-node-api", func(context.Context) string { return b.nodeAPIVersion() }},
		{azCLI, "azure-cli", func(ctx context.Context) string { return said(ctx, `"azure-cli": "(\S+)"`, "az", "version") }},
		{azCLI, "azure-devops for az", func(ctx context.Context) string { return said(ctx, `"azure-devops": "(\S+)"`, "az", "version") }},
		{openTofu, "OpenTofu", func(ctx context.Context) string { return said(ctx, `^OpenTofu v(\S+)`, b.found[openTofu], "version") }},
		{openTofu, openTofu, func(ctx context.Context) string {
			return said(ctx, `\t(?:mod|dep)\tgithub.com/microsoft/terraform-provider-azuredevops\tv(\S+)`, "go", "version", "-m", filepath.Join(filepath.Dir(b.found[openTofu]), openTofu))
		}},
	} {
		version := "not measured"
		if b.missing[tool.contestant] == "" {
			version = tool.version(ctx)
		}
		rows = append(rows, []string{tool.name, version})
	}
	return rows
}

// said returns what a program prints about itself: the group of a pattern.
func said(ctx context.Context, pattern, name string, args ...string) string {
	out, _ := exec.CommandContext(ctx, name, args...).Output()
	return group(pattern, string(out))
}

func group(pattern, text string) string {
	if m := regexp.MustCompile("(?m)" + pattern).FindStringSubmatch(text); m != nil {
		return strings.TrimSpace(m[1])
	}
	return "unknown"
}

func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	return group(`^model name\s*:(.*)$`, string(text))
}

func system() string {
	text, _ := os.ReadFile("/etc/os-release")
	return group(`^PRETTY_NAME="(.*)"$`, string(text))
}

func (b *bench) goAPIVersion(context.Context) string {
	text, _ := os.ReadFile(filepath.Join(b.root, "test", "bench", "peers", "go.mod"))
	return group(`azure-devops-go-api/azuredevops/v7 (\S+)`, string(text))
}

func (b *bench) nodeAPIVersion() string {
	text, _ := os.ReadFile(filepath.Join(b.root, "test", "bench", "peers", "node", "package.json"))
	var manifest struct{ Dependencies map[string]string }
	_ = json.Unmarshal(text, &manifest)
	return cmp.Or(manifest.Dependencies["azure-devops-node-api"], "unknown")
}

// images measures the container images, if Docker has them.
func (b *bench) images(ctx context.Context) error {
	for _, name := range []string{imageAction, imagePipelines, imageEmulator} {
		out, err := exec.CommandContext(ctx, "docker", "image", "inspect", "--format", "{{.Size}}", name).Output()
		var size float64
		if _, scanErr := fmt.Sscan(string(out), &size); err != nil || scanErr != nil {
			b.page.note("%s is not measured: Docker has no such image here (make images)", name)
			continue
		}
		b.judged.met("image "+name, size/1e6)
	}
	return nil
}
