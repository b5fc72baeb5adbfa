//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// stepPart compares a step of the action with alternatives that a runner could
// start.
const stepPart = "a step of the action"

// step measures how long a runner waits for the start script with the program,
// compared with an empty script on the same Node, the same program in a container,
// and the same mint in a script with azure-devops-node-api.
func (b *bench) step(ctx context.Context) error {
	node, err := b.runnersNode()
	if err != nil {
		b.page.note("The step is left out: %v", err)
		return nil
	}
	if err := b.layOut(); err != nil {
		return fmt.Errorf("lay the action out: %w", err)
	}
	s, err := b.serve(ctx, 0)
	if err != nil {
		return err
	}
	defer s.stop()
	rows := [][]string{{"", "ms"}}
	starts, names, err := b.stepStarts(ctx, node)
	if err != nil {
		return err
	}
	for i, name := range names {
		rows = append(rows, []string{name, spread(values(starts[i], wall))})
	}
	b.judged.met(stepRatio, ratio(starts[1], starts[0]))
	mints, names, err := b.stepMints(ctx, node, s)
	if err != nil {
		return err
	}
	for i, name := range names {
		rows = append(rows, []string{name, spread(values(mints[i], wall))})
		if i > 0 && strings.Contains(name, nodeAPI) {
			b.judged.met(stepMintRatio, ratio(mints[0], mints[i]))
		}
	}
	b.page.add(stepPart, rows)
	return nil
}

// runnersNode returns the newest Node that `make nodes` has installed, or the one in
// the PATH.
func (b *bench) runnersNode() (string, error) {
	installed, _ := filepath.Glob(filepath.Join(b.root, "bin", "tools", "node-*", "node_modules", "*", "bin", "node"))
	slices.Sort(installed)
	if len(installed) > 0 {
		return installed[len(installed)-1], nil
	}
	node, err := exec.LookPath("node")
	return node, err
}

// layOut creates the action as in a release, an empty script, and one that starts
// `azstep version` in the same way as the action starts its steps.
func (b *bench) layOut() error {
	action := b.built("action")
	platform := strings.NewReplacer("amd64", "x64").Replace(runtime.GOOS + "-" + runtime.GOARCH)
	for _, dir := range []string{filepath.Join(action, "bin"), filepath.Join(action, "action")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	err := copyProgram(filepath.Join(action, "bin", "azstep-"+platform), b.azstep)
	for _, name := range []string{"start.js", "main.js"} {
		err = errors.Join(err, copyProgram(filepath.Join(action, "action", name), filepath.Join(b.root, "action", name)))
	}
	for name, text := range map[string]string{
		"empty.js":   "",
		"version.js": "'use strict';\nrequire('./start.js').start({ as: 'azstep-github', args: ['version'] });\n",
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(action, "action", name), []byte(text), 0o600))
	}
	return err
}

func (b *bench) script(name string) string { return filepath.Join(b.built("action"), "action", name) }

func (b *bench) stepStarts(ctx context.Context, node string) ([][]*taken, []string, error) {
	names := []string{"an empty script of Node " + said(ctx, `^v(\S+)`, node, "--version"), "`version` by the start script and the program"}
	entrants := []entrant{b.entrant(program{node, []string{b.script("empty.js")}, nil}), b.entrant(program{node, []string{b.script("version.js")}, nil})}
	if b.hasImage(ctx) {
		names = append(names, "`version` by `docker run`")
		e := b.entrant(program{"docker", []string{"run", "--rm", imageAction, "version"}, []string{"HOME=" + b.dir}})
		entrants = append(entrants, entrant{5, e.run})
	}
	took, err := inTurns(ctx, 5*b.rounds, entrants...)
	return took, names, err
}

func (b *bench) hasImage(ctx context.Context) bool {
	return exec.CommandContext(ctx, "docker", "image", "inspect", imageAction).Run() == nil
}

// stepMints are the mint of a PAT by the action and by its alternatives.
func (b *bench) stepMints(ctx context.Context, node string, s *services) ([][]*taken, []string, error) {
	by := proof{http.MethodPost, "/_apis/tokens/pats", http.StatusOK}
	mint := func(every int, p program) entrant {
		return entrant{every, func(ctx context.Context) (taken, error) { return b.counted(ctx, s, p, by) }}
	}
	env, err := b.stepEnvironment(s)
	if err != nil {
		return nil, nil, err
	}
	names := []string{"mint-pat by the action"}
	entrants := []entrant{mint(1, program{node, []string{b.script("main.js")}, env})}
	if b.missing[nodeAPI] == "" {
		j := job{s: s, roots: roots{name: caFile, file: s.env["AZSTEP_CA_FILE"]}}
		p := byNode(b, operation{node: "mint"}, j)
		p.path = node
		names, entrants = append(names, "the same by a script with "+nodeAPI), append(entrants, mint(1, p))
	}
	if b.hasImage(ctx) {
		args := []string{"run", "--rm", "--network", "host", "-v", b.dir + ":" + b.dir, "--entrypoint", "/azstep-github"}
		for _, pair := range env {
			name, _, _ := strings.Cut(pair, "=")
			args = append(args, "-e", name)
		}
		names, entrants = append(names, "mint-pat by `docker run`"), append(entrants, mint(5, program{"docker", append(args, imageAction), append(env, "HOME="+b.dir)}))
	}
	took, err := inTurns(ctx, 2*b.rounds, entrants...)
	return took, names, err
}

// stepEnvironment is the environment that the runner gives to the step.
func (b *bench) stepEnvironment(s *services) ([]string, error) {
	env := []string{
		"GITHUB_ACTIONS=true", "INPUT_OPERATION=mint-pat", "INPUT_SCOPES=vso.code", "INPUT_LIFETIME=1h",
		"INPUT_ORGANIZATION=" + s.env["AZSTEP_ORGANIZATION"], "INPUT_CREDENTIAL=" + s.env["AZSTEP_CREDENTIAL"], "INPUT_CA-FILE=" + s.env["AZSTEP_CA_FILE"],
	}
	for _, name := range []string{"OUTPUT", "STATE", "ENV", "STEP_SUMMARY"} {
		path := filepath.Join(b.dir, "GITHUB_"+name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			return nil, err
		}
		env = append(env, "GITHUB_"+name+"="+path)
	}
	return env, nil
}
