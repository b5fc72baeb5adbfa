package main

import (
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// check verifies a release tree: it must contain six programs that match their
// names, actions that refer to files in the tree or to an image by digest, and
// nothing else that a host could run.
func check(dir string) error {
	return errors.Join(checkFiles(dir), checkPrograms(dir), checkActions(dir))
}

// scripts lists the files of a release that a host runs, besides the programs.
func scripts() []string {
	return []string{"action/main.js", "action/post.js", "action/start.js", "setup/setup.js"}
}

// manifests lists the file names that make a folder an action.
func manifests() []string { return []string{"action.yml", "docker/action.yml", "setup/action.yml"} }

var (
	runs     = regexp.MustCompile(`(?i)\.([cm]?[jt]sx?|sh|bash|ps1|psm1|bat|cmd|exe|com|dll|so|dylib|node|wasm|py|rb|pl|jar)$`)
	manifest = regexp.MustCompile(`(^|/)action\.ya?ml$`)
	project  = regexp.MustCompile(`(^|/)(package(-lock)?\.json|node_modules|Dockerfile|Makefile|\.npmrc|\.github|\.git)(/|$)`)
)

func checkFiles(dir string) error {
	expected := slices.Concat(scripts(), manifests())
	for _, p := range platforms() {
		expected = append(expected, "bin/"+p.file())
	}
	var problems error
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		info, err := d.Info()
		if err != nil {
			return err
		}
		problems = errors.Join(problems, checkFile(name, info.Mode(), slices.Contains(expected, name)))
		return nil
	})
	for _, name := range expected {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			problems = errors.Join(problems, err)
		}
	}
	return errors.Join(problems, err)
}

func checkFile(name string, mode fs.FileMode, expected bool) error {
	program := strings.HasPrefix(name, "bin/azstep-") && !strings.HasSuffix(name, ".exe")
	switch {
	case !mode.IsRegular():
		return fmt.Errorf("%s is not a regular file", name)
	case project.MatchString(name), !expected && (runs.MatchString(name) || manifest.MatchString(name)):
		return fmt.Errorf("%s could be run, and a release has no such file", name)
	case mode.Perm()&0o111 != 0 && !program:
		return fmt.Errorf("%s is executable", name)
	case program && mode.Perm()&0o111 != 0o111:
		return fmt.Errorf("%s is not executable", name)
	}
	return nil
}

// checkPrograms compares the programs with their checksums and with the build
// information in them.
func checkPrograms(dir string) error {
	bin := filepath.Join(dir, "bin")
	sums, err := readSums(bin)
	if err != nil {
		return err
	}
	var problems error
	if len(sums) != len(platforms()) {
		problems = fmt.Errorf("%s lists %d programs", sumsFile, len(sums))
	}
	for _, p := range platforms() {
		problems = errors.Join(problems, checkProgram(filepath.Join(bin, p.file()), p, sums[p.file()]))
	}
	return problems
}

func checkProgram(path string, p platform, listed string) error {
	sum, err := sumOf(path)
	if err != nil {
		return err
	}
	if sum != listed {
		return fmt.Errorf("%s has the checksum %s, %s says %s", path, sum, sumsFile, listed)
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return err
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if info.Path != "github.com/azstep/azstep" || settings["GOOS"] != p.goos || settings["GOARCH"] != p.goarch || settings["-trimpath"] != "true" || settings["-tags"] != "nethttpomithttp2" {
		return fmt.Errorf("%s is %s for %s/%s, -trimpath=%s -tags=%s", path, info.Path, settings["GOOS"], settings["GOARCH"], settings["-trimpath"], settings["-tags"])
	}
	return nil
}

var (
	script = regexp.MustCompile(`(?m)^  (?:main|pre|post): '?([^'\n]+)'?$`)
	image  = regexp.MustCompile(`(?m)^  image: '?docker://[a-z0-9./_-]+@sha256:[0-9a-f]{64}'?$`)
)

func checkActions(dir string) (problems error) {
	for _, name := range manifests() {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if name == "docker/action.yml" {
			if !image.Match(text) {
				problems = errors.Join(problems, fmt.Errorf("%s does not name its image by digest", name))
			}
			continue
		}
		if !strings.Contains(string(text), "using: node24") {
			problems = errors.Join(problems, fmt.Errorf("%s is not run by Node", name))
		}
		for _, m := range script.FindAllStringSubmatch(string(text), -1) {
			if path := filepath.ToSlash(filepath.Join(filepath.Dir(name), m[1])); !slices.Contains(scripts(), path) {
				problems = errors.Join(problems, fmt.Errorf("%s runs %s", name, path))
			}
		}
	}
	return problems
}
