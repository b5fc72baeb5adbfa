package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// root is the root of the module.
const root = "../.."

// The images and the archives contain the same programs as the action, so all three
// must be built with the same flags.
func TestAllBuildsUseTheSameFlags(t *testing.T) {
	t.Parallel()
	flags := build{version: "VERSION", commit: "COMMIT"}.ldflags()
	for path, names := range map[string][2]string{
		"Dockerfile":              {"$VERSION", "$COMMIT"},
		".github/goreleaser.yaml": {"{{ .Env.AZSTEP_VERSION }}", "{{ .Env.AZSTEP_COMMIT }}"},
	} {
		want := strings.NewReplacer("VERSION", names[0], "COMMIT", names[1]).Replace(flags)
		text := read(t, filepath.Join(root, path))
		for _, flag := range append(buildFlags(), want) {
			if !strings.Contains(text, flag) {
				t.Errorf("%s does not build with %s", path, flag)
			}
		}
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for version, ok := range map[string]bool{"": true, "v1.2.3": true, "v1.2.3-rc.1": true, "1.2.3": false, "v1.2": false, "v1.2.3 -X main.x=y": false, "v01.2.3": false} {
		if err := (build{version: version}).check(); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	some, err := choose("linux-x64, win32-arm64")
	if err != nil || len(some) != 2 || some[0].file() != "azstep-linux-x64" || some[1].file() != "azstep-win32-arm64.exe" {
		t.Errorf("%+v, %v", some, err)
	}
	if all, err := choose(""); err != nil || len(all) != 6 {
		t.Errorf("%+v, %v", all, err)
	}
	if _, err := choose("linux-386"); err == nil {
		t.Error("choose accepts linux-386")
	}
}

// The program of one platform must be the same from a different folder and with
// different Go settings.
func TestSameBytesFromEveryFolder(t *testing.T) {
	if testing.Short() {
		t.Skip("links the program twice")
	}
	here, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(t.TempDir(), "a folder")
	copySources(t, here, there)
	only, _ := choose("linux-x64")
	var sums []string
	for _, dir := range []string{here, there} {
		bin := t.TempDir()
		if err := (build{root: dir, version: "v1.2.3", commit: "0123"}).programs(t.Context(), bin, only); err != nil {
			t.Fatal(err)
		}
		sums = append(sums, read(t, filepath.Join(bin, sumsFile)))
		t.Setenv("GOFLAGS", "-tags=other")
		t.Setenv("GOAMD64", "v3")
	}
	if sums[0] != sums[1] {
		t.Errorf("the checksums differ:\n%s%s", sums[0], sums[1])
	}
}

func copySources(t *testing.T, from, to string) {
	t.Helper()
	files, err := tree{build: build{root: from}}.sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "go.mod", "go.sum", "action.yml") {
		write(t, filepath.Join(to, name), read(t, filepath.Join(from, name)), 0o644)
	}
}

// A tree must be rejected if it contains anything that a host could run besides the
// programs and the actions' scripts, or if one of these is missing.
func TestCheckFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode     os.FileMode
		expected bool
		ok       bool
	}{
		"README.md":                {0o644, false, true},
		"action/main.js":           {0o644, true, true},
		"action/more.js":           {0o644, false, false},
		"bin/azstep-linux-x64":     {0o755, true, true},
		"bin/azstep-darwin-arm64":  {0o644, true, false},
		"bin/azstep-win32-x64.exe": {0o644, true, true},
		"bin/other.exe":            {0o644, false, false},
		"LICENSE":                  {0o755, false, false},
		"docs/run.sh":              {0o644, false, false},
		"more/action.yml":          {0o644, false, false},
		"package.json":             {0o644, false, false},
		"node_modules/x/README.md": {0o644, false, false},
		"Dockerfile":               {0o644, false, false},
		".github/workflows/ci.yml": {0o644, false, false},
		"internal/command/main.go": {0o644, false, true},
		"docs/link":                {0o777 | os.ModeSymlink, false, false},
	} {
		if err := checkFile(name, c.mode, c.expected); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	err := check(t.TempDir())
	for _, want := range []string{"action/start.js", "bin/azstep-darwin-arm64", "docker/action.yml", sumsFile} {
		if err == nil || !strings.Contains(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s is not named: %v", want, err)
		}
	}
}

func TestCheckActions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	digest := strings.Repeat("0f", 32)
	good := map[string]string{
		"action.yml":        "runs:\n  using: node24\n  main: action/main.js\n  post: action/post.js\n",
		"docker/action.yml": "runs:\n  using: docker\n  image: docker://ghcr.io/azstep/azstep@sha256:" + digest + "\n",
		"setup/action.yml":  "runs:\n  using: node24\n  main: setup.js\n",
	}
	for name, text := range good {
		write(t, filepath.Join(dir, name), text, 0o644)
	}
	if err := checkActions(dir); err != nil {
		t.Error(err)
	}
	for name, text := range map[string]string{
		"action.yml":        "runs:\n  using: node24\n  main: action/other.js\n",
		"docker/action.yml": "runs:\n  using: docker\n  image: docker://ghcr.io/azstep/azstep:v1\n",
		"setup/action.yml":  "runs:\n  using: composite\n",
	} {
		write(t, filepath.Join(dir, name), text, 0o644)
		if err := checkActions(dir); err == nil {
			t.Errorf("%s is accepted: %s", name, text)
		}
		write(t, filepath.Join(dir, name), good[name], 0o644)
	}
}

// Archives with programs other than the action's must be rejected.
func TestCompare(t *testing.T) {
	t.Parallel()
	bin, archives := t.TempDir(), t.TempDir()
	for _, p := range platforms() {
		write(t, filepath.Join(bin, p.file()), "program of "+p.node, 0o755)
		pack(t, archives, p, "program of "+p.node)
	}
	if err := writeSums(bin, platforms()); err != nil {
		t.Fatal(err)
	}
	if err := compare(bin, archives); err != nil {
		t.Error(err)
	}
	for _, p := range []platform{platforms()[0], platforms()[5]} {
		pack(t, archives, p, "another program")
		if err := compare(bin, archives); err == nil || !strings.Contains(err.Error(), p.file()) {
			t.Errorf("%s: %v", p.file(), err)
		}
		pack(t, archives, p, "program of "+p.node)
	}
}

// pack creates an archive as goreleaser does.
func pack(t *testing.T, dir string, p platform, program string) {
	t.Helper()
	name := filepath.Join(dir, "azstep_1.2.3_"+p.goos+"_"+p.goarch)
	var write func(name, text string) error
	var finish func() error
	if p.goos == "windows" {
		z := zip.NewWriter(create(t, name+".zip"))
		write = func(name, text string) error {
			w, err := z.Create(name)
			if err == nil {
				_, err = w.Write([]byte(text))
			}
			return err
		}
		finish = z.Close
	} else {
		g := gzip.NewWriter(create(t, name+".tar.gz"))
		w := tar.NewWriter(g)
		write = func(name, text string) error {
			if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))}); err != nil {
				return err
			}
			_, err := w.Write([]byte(text))
			return err
		}
		finish = func() error {
			if err := w.Close(); err != nil {
				return err
			}
			return g.Close()
		}
	}
	ending := strings.TrimPrefix(filepath.Ext(p.file()), "."+strings.TrimSuffix(p.node, ".exe"))
	for _, file := range [][2]string{{"LICENSE", "free"}, {"azstep" + ending, program}} {
		if err := write(file[0], file[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := finish(); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// Everything that the Dockerfile builds or runs must be sent to the builder.
func TestDockerBuilderGetsItsSources(t *testing.T) {
	t.Parallel()
	sent := strings.Fields(read(t, filepath.Join(root, ".dockerignore")))
	folders := regexp.MustCompile(`\./((?:cmd|tools)/[a-z-]+)`).FindAllStringSubmatch(read(t, filepath.Join(root, "Dockerfile")), -1)
	if len(folders) < 2 {
		t.Fatalf("%q", folders)
	}
	for _, m := range folders {
		top, _, _ := strings.Cut(m[1], "/")
		if !slices.Contains(sent, "!"+m[1]) && !slices.Contains(sent, "!"+top) {
			t.Errorf(".dockerignore keeps %s from the builder", m[1])
		}
	}
}
