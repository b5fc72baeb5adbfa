//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// maxImage is the maximum size in bytes that the README promises.
const maxImage = 11_000_000

// entry is a file in an image.
type entry struct {
	Type byte // type in archive/tar
	Mode int64
	Link string
}

// image reads an image in the format of `docker save`: its files, the content of the
// regular ones, and the number of layers with files.
func image(t *testing.T, name string) (files map[string]entry, content map[string][]byte, layers int) {
	t.Helper()
	archive := filepath.Join(t.TempDir(), "image.tar")
	docker(t, "save", "--output", archive, name)
	saved := untar(t, bytes.NewReader(read(t, archive)))
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(saved["manifest.json"].content, &manifest); err != nil || len(manifest) != 1 {
		t.Fatalf("manifest.json: %v, %d images", err, len(manifest))
	}
	files, content = map[string]entry{}, map[string][]byte{}
	for _, layer := range manifest[0].Layers {
		inside := untar(t, bytes.NewReader(saved[layer].content))
		for path, f := range inside {
			files[path], content[path] = f.entry, f.content
		}
		if len(inside) > 0 {
			layers++
		}
	}
	return files, content, layers
}

type file struct {
	entry
	content []byte
}

func untar(t *testing.T, r io.Reader) map[string]file {
	t.Helper()
	found := map[string]file{}
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimPrefix(h.Name, "./")] = file{entry{h.Typeflag, h.Mode & 0o777, h.Linkname}, text}
	}
}

func TestActionImageHoldsNothingElse(t *testing.T) {
	t.Parallel()
	files, content, layers := image(t, actionImage)
	want := map[string]entry{
		"LICENSE":             {tar.TypeReg, 0o644, ""},
		"THIRD_PARTY_NOTICES": {tar.TypeReg, 0o644, ""},
		"azstep":              {tar.TypeReg, 0o755, ""},
		"azstep-github":       {tar.TypeLink, 0o755, "azstep"},
		"azstep-github-post":  {tar.TypeLink, 0o755, "azstep"},
	}
	if diff := cmp.Diff(want, files); diff != "" || layers != 1 {
		t.Errorf("%d layers hold files: %s", layers, diff)
	}
	size := 0
	for _, c := range content {
		size += len(c)
	}
	t.Logf("the image of the action: %.2f MB", float64(size)/1e6)
	if size > maxImage {
		t.Errorf("%d bytes, want at most %d", size, maxImage)
	}
}

// GitHub requires this configuration of an action's image, and the agent of a job's
// image.
func TestConfigurationOfTheImages(t *testing.T) {
	t.Parallel()
	type config struct {
		User       string
		Entrypoint []string
		Cmd        []string
		Labels     map[string]string
	}
	for name, want := range map[string]config{
		actionImage:    {Entrypoint: []string{"/azstep"}},
		pipelinesImage: {Cmd: []string{"/bin/bash"}},
	} {
		var got config
		if err := json.Unmarshal([]byte(docker(t, "image", "inspect", "--format", "{{json .Config}}", name)), &got); err != nil {
			t.Fatal(err)
		}
		if got.Labels["org.opencontainers.image.licenses"] != "Apache-2.0" ||
			got.Labels["org.opencontainers.image.source"] != "https://github.com/azstep/azstep" || got.Labels["org.opencontainers.image.title"] == "" {
			t.Errorf("%s: labels %q", name, got.Labels)
		}
		got.Labels = nil
		if len(got.Cmd) == 1 {
			got.Cmd[0] = "/bin/" + filepath.Base(got.Cmd[0]) // Debian's own image has "bash"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Anyone with the sources and the Go version in the binary must be able to build the
// same binary.
func TestBinaryIsReproducible(t *testing.T) {
	t.Parallel()
	_, content, _ := image(t, actionImage)
	info, err := buildinfo.Read(bytes.NewReader(content["azstep"]))
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "azstep")
	env := []string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=linux", "GOTOOLCHAIN=" + info.GoVersion}
	for _, s := range info.Settings {
		if s.Key == "GOARCH" || s.Key == "GOAMD64" || s.Key == "GOARM64" {
			env = append(env, s.Key+"="+s.Value)
		}
	}
	build := command(t, env, "go", "build", "-trimpath", "-buildvcs=false", "-tags=nethttpomithttp2", "-ldflags=-s -w -X main.version= -X main.commit=", "-o", again, ".")
	build.Dir = "../.."
	if r := finish(t, build); r.exit != 0 {
		t.Fatalf("%s", r.stderr)
	}
	text, err := os.ReadFile(again)
	if err != nil {
		t.Fatal(err)
	}
	if sha256.Sum256(text) != sha256.Sum256(content["azstep"]) {
		t.Errorf("%s makes another binary of the same sources", info.GoVersion)
	}
}
