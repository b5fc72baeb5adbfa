package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// extension builds the task in the two forms that Azure Pipelines accepts: an
// extension for the Marketplace, and a zip for `tfx build tasks upload`, for
// organizations that do not allow the Marketplace.
type extension struct {
	build
	bin string // directory of the programs and of the results
}

// taskPlatforms lists the platforms that agents run on.
func taskPlatforms() []platform {
	all, _ := choose("darwin-arm64,linux-arm64,linux-x64,win32-x64")
	return all
}

// file is a file in a zip.
type file struct {
	name    string
	text    []byte
	program bool
}

func (x extension) make(notices []byte) error {
	if err := x.check(); err != nil {
		return err
	}
	task, err := x.task(notices)
	if err != nil {
		return err
	}
	name := x.version
	if name == "" {
		name = "devel"
	}
	if err := writeZip(filepath.Join(x.bin, "azstep-task-"+name+".zip"), task); err != nil {
		return err
	}
	parts, err := x.parts(task)
	if err != nil {
		return err
	}
	return writeZip(filepath.Join(x.bin, "azstep-"+name+".vsix"), parts)
}

// fill copies the programs that exist into the task's folder.
func (x extension) fill() error {
	dir := filepath.Join(x.root, "task", "azstep", "bin")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the same mode as git uses
		return err
	}
	for _, p := range taskPlatforms() {
		text, err := os.ReadFile(filepath.Join(x.bin, p.file()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // `make action` built other platforms
		}
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, p.file()), text, 0o755); err != nil { //nolint:gosec // it is a program
			return err
		}
	}
	return nil
}

// task returns the files in the task's folder.
func (x extension) task(notices []byte) ([]file, error) {
	var all []file
	for _, name := range []string{"icon.png", "main.js", "post.js", "start.js", "task.js"} {
		text, err := os.ReadFile(filepath.Join(x.root, "task", "azstep", name))
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: name, text: text})
	}
	manifest, err := x.manifest()
	if err != nil {
		return nil, err
	}
	licence, err := os.ReadFile(filepath.Join(x.root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	all = append(all, file{name: "task.json", text: manifest}, file{name: "LICENSE", text: licence}, file{name: "THIRD_PARTY_NOTICES", text: notices})
	for _, p := range taskPlatforms() {
		text, err := os.ReadFile(filepath.Join(x.bin, p.file()))
		if err != nil {
			return nil, fmt.Errorf("%w (make action makes the programs)", err)
		}
		all = append(all, file{name: "bin/" + p.file(), text: text, program: true})
	}
	return all, nil
}

// manifest returns task.json with the version of the release.
func (x extension) manifest() ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(x.root, "task", "azstep", "task.json"))
	if err != nil || x.version == "" {
		return text, err
	}
	const from = "\"version\": {\n    \"Major\": 1,\n    \"Minor\": 0,\n    \"Patch\": 0\n  }"
	if bytes.Count(text, []byte(from)) != 1 {
		return nil, errors.New("task.json does not have the version of a build from source")
	}
	part := strings.Split(x.number(), ".")
	to := fmt.Sprintf("\"version\": {\n    \"Major\": %s,\n    \"Minor\": %s,\n    \"Patch\": %s\n  }", part[0], part[1], part[2])
	return bytes.Replace(text, []byte(from), []byte(to), 1), nil
}

// number returns the version in the form that Azure DevOps accepts: without the v
// and without the name of a release candidate.
func (x extension) number() string {
	number, _, _ := strings.Cut(strings.TrimPrefix(x.version, "v"), "-")
	if number == "" {
		return "1.0.0"
	}
	return number
}

// parts returns the files of the extension: an OPC package, as `tfx extension
// create` writes it.
func (x extension) parts(task []file) ([]file, error) {
	text, err := os.ReadFile(filepath.Join(x.root, "task", "vss-extension.json"))
	if err != nil {
		return nil, err
	}
	var m extensionManifest
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return nil, fmt.Errorf("vss-extension.json: %w", err)
	}
	m.Version = x.number()
	all := []file{{name: "extension.vsixmanifest", text: m.vsix()}, {name: "extension.vsomanifest", text: m.vso()}}
	for _, name := range []string{m.Icons["default"], m.Content["details"].Path} {
		text, err := os.ReadFile(filepath.Join(x.root, "task", name))
		if err != nil {
			return nil, err
		}
		all = append(all, file{name: name, text: text})
	}
	for _, f := range task {
		if f.name == m.Content["license"].Path {
			all = append(all, f)
		}
		f.name = m.Files[0].Path + "/" + f.name
		all = append(all, f)
	}
	return append([]file{{name: "[Content_Types].xml", text: contentTypes(all)}}, all...), nil
}

// quoted escapes a text for XML.
func quoted(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}
