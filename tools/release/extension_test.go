package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// packed builds the extension of a version, with stand-ins for the programs.
func packed(t *testing.T, version string) (vsix, task string) {
	t.Helper()
	bin := t.TempDir()
	for _, p := range platforms() {
		write(t, filepath.Join(bin, p.file()), "the program for "+p.node, 0o755)
	}
	x := extension{build: build{root: "../..", version: version}, bin: bin}
	if err := x.make([]byte("licences\n")); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(bin, "azstep-"+version+".vsix"), filepath.Join(bin, "azstep-task-"+version+".zip")
}

// unzip returns the files in a zip by name, and their names in order.
func unzip(t *testing.T, path string) (files map[string]string, names []string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name], names = string(text), append(names, f.Name)
		if !f.Modified.Equal(epoch) {
			t.Errorf("%s contains the time of the build: %s", f.Name, f.Modified)
		}
	}
	return files, names
}

func TestExtensionTwice(t *testing.T) {
	t.Parallel()
	one, oneTask := packed(t, "v1.2.3")
	two, twoTask := packed(t, "v1.2.3")
	if read(t, one) != read(t, two) || read(t, oneTask) != read(t, twoTask) {
		t.Error("two builds are not the same bytes")
	}
}

func TestExtensionHoldsTheTask(t *testing.T) {
	t.Parallel()
	vsix, task := packed(t, "v1.2.3-rc.1")
	inTask, _ := unzip(t, task)
	inVSIX, names := unzip(t, vsix)
	for _, name := range []string{
		"task.json", "main.js", "post.js", "start.js", "task.js", "icon.png", "LICENSE", "THIRD_PARTY_NOTICES",
		"bin/azstep-linux-x64", "bin/azstep-linux-arm64", "bin/azstep-win32-x64.exe", "bin/azstep-darwin-arm64",
	} {
		if inTask[name] == "" || inVSIX["azstep/"+name] != inTask[name] {
			t.Errorf("%s is missing, or not the same in both", name)
		}
	}
	if len(inTask) != 12 || names[0] != "[Content_Types].xml" {
		t.Errorf("the zip holds %d files, the extension begins with %s", len(inTask), names[0])
	}
	var m struct {
		Version struct{ Major, Minor, Patch int }
	}
	if err := json.Unmarshal([]byte(inTask["task.json"]), &m); err != nil || m.Version.Major != 1 || m.Version.Minor != 2 || m.Version.Patch != 3 {
		t.Errorf("%v %+v", err, m)
	}
	for _, name := range []string{"overview.md", "icon.png", "LICENSE", "extension.vsomanifest", "extension.vsixmanifest"} {
		if inVSIX[name] == "" {
			t.Errorf("the extension has no %s", name)
		}
	}
}

// OPC requires a type for every part (ECMA-376-2, 10.1.2), and the manifests must
// name existing parts.
func TestExtensionIsAPackage(t *testing.T) {
	t.Parallel()
	vsix, _ := packed(t, "v1.2.3")
	files, names := unzip(t, vsix)
	var types struct {
		Default []struct {
			Extension string `xml:",attr"`
		}
		Override []struct {
			PartName string `xml:",attr"`
		}
	}
	var manifest struct {
		Metadata struct {
			Identity struct {
				Version string `xml:",attr"`
			}
		}
		Assets struct {
			Asset []struct{ Type, Path string }
		}
	}
	for name, into := range map[string]any{"[Content_Types].xml": &types, "extension.vsixmanifest": &manifest} {
		if err := xml.Unmarshal([]byte(files[name]), into); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, name := range names[1:] {
		typed := slices.ContainsFunc(types.Override, func(o struct {
			PartName string `xml:",attr"`
		}) bool {
			return o.PartName == "/"+name
		}) ||
			slices.ContainsFunc(types.Default, func(d struct {
				Extension string `xml:",attr"`
			}) bool {
				return d.Extension != "" && strings.HasSuffix(name, d.Extension)
			})
		if !typed {
			t.Errorf("%s has no content type", name)
		}
	}
	if manifest.Metadata.Identity.Version != "1.2.3" || !strings.Contains(files["extension.vsixmanifest"], `Path="overview.md"`) {
		t.Errorf("%s", files["extension.vsixmanifest"])
	}
	if !json.Valid([]byte(files["extension.vsomanifest"])) {
		t.Errorf("%s", files["extension.vsomanifest"])
	}
}

// tfx is Microsoft's own client for the Marketplace, installed from npm by make
// nodes.
func tfx(t *testing.T) (node, program string) {
	t.Helper()
	found, _ := filepath.Glob("../../bin/tools/tfx-*/node_modules/tfx-cli/_build/tfx-cli.js")
	node, err := exec.LookPath("node")
	if len(found) != 1 || err != nil {
		if os.Getenv("AZSTEP_NODES") == "required" {
			t.Fatal("tfx is required: make nodes")
		}
		t.Skip("no tfx: make nodes installs it")
	}
	program, err = filepath.Abs(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return node, program
}

// tfx must accept the task and build the same package from the same folder.
func TestTfxBuildsTheSamePackage(t *testing.T) {
	t.Parallel()
	node, program := tfx(t)
	vsix, task := packed(t, "v1.0.0")
	dir := t.TempDir()
	files, _ := unzip(t, task)
	for name, text := range files {
		path := filepath.Join(dir, "azstep", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, path, text, 0o644)
	}
	for _, name := range []string{"vss-extension.json", "overview.md", "icon.png"} {
		write(t, filepath.Join(dir, name), read(t, filepath.Join("../../task", name)), 0o644)
	}
	write(t, filepath.Join(dir, "LICENSE"), files["LICENSE"], 0o644)
	validate := `require(process.argv[1] + '/lib/jsonvalidate.js').validate(process.argv[2])`
	if said, err := exec.Command(node, "-e", validate, filepath.Dir(program), filepath.Join(dir, "azstep", "task.json")).CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v %s", err, said)
	}
	cmd := exec.Command(node, program, "extension", "create", "--no-prompt", "--manifest-globs", "vss-extension.json", "--output-path", "theirs.vsix")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	ours, names := unzip(t, vsix)
	theirs := read(t, filepath.Join(dir, "theirs.vsix"))
	z, err := zip.NewReader(strings.NewReader(theirs), int64(len(theirs)))
	if err != nil {
		t.Fatal(err)
	}
	var inTheirs []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			inTheirs = append(inTheirs, f.Name)
		}
		if f.Name == "extension.vsixmanifest" {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(r)
			if err != nil || strings.TrimSpace(string(text)) != strings.TrimSpace(ours[f.Name]) {
				t.Errorf("%v\ntheirs\n%s\nours\n%s", err, text, ours[f.Name])
			}
		}
	}
	slices.Sort(names)
	slices.Sort(inTheirs)
	if !slices.Equal(names, inTheirs) {
		t.Errorf("theirs has %q, ours %q", inTheirs, names)
	}
}

// The recipe "Publish to the Marketplace without a PAT": tfx reads an Entra token
// from its standard input, and our package.
func TestTfxTakesATokenFromStdin(t *testing.T) {
	t.Parallel()
	node, program := tfx(t)
	vsix, _ := packed(t, "v1.2.3")
	var mu sync.Mutex
	var tokens []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, token, _ := r.BasicAuth()
		mu.Lock()
		tokens = append(tokens, token)
		mu.Unlock()
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer s.Close()
	cmd := exec.Command(node, program, "extension", "publish", "--vsix", vsix, "--service-url", s.URL)
	cmd.Stdin = strings.NewReader("FAKE-ENTRA-TOKEN\n")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "NO_PROXY=127.0.0.1")
	said, err := cmd.CombinedOutput()
	if err == nil || len(tokens) == 0 || slices.ContainsFunc(tokens, func(token string) bool { return token != "FAKE-ENTRA-TOKEN" }) {
		t.Errorf("%v, asked with %q\n%s", err, tokens, said)
	}
	if bytes.Contains(said, []byte("FAKE-ENTRA-TOKEN")) {
		t.Error("tfx prints the token")
	}
}
