//go:build unix

package faults

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/hosttest"
)

// canary is a secret that is not used and must always be hidden. It contains
// characters that encodings change.
func canary(n int) string { return fmt.Sprintf("CANARY-%04d-/+=%%&\"'<>?é;]", n) }

// TestLeakHunt runs every operation with every way to authenticate on every host,
// with debug logging, against services that repeat what they received. Every place
// that may contain a secret contains one, and everything that is written is searched
// for them.
func TestLeakHunt(t *testing.T) {
	t.Parallel()
	hunts := hunts{turns: make(chan struct{}, atOnce/4)}
	number := 0
	for n, s := range scenarios() {
		on := s.places(t)
		for j, at := range on {
			for i, mirror := range append([]reflection{{}}, reflections()...) {
				if number++; !*full && (i == 0 && (n+j)%len(on) != 0 || i > 0 && number%67 != 0) {
					continue
				}
				hunts.start(t, s, at, mirror)
			}
		}
	}
	hunts.work.Wait()
}

// hunts run at the same time, as many as there are turns.
type hunts struct {
	turns chan struct{}
	work  sync.WaitGroup
}

// start waits for a turn.
func (h *hunts) start(t *testing.T, s scenario, at where, mirror reflection) {
	h.turns <- struct{}{}
	h.work.Go(func() {
		defer func() { <-h.turns }()
		t.Run(fmt.Sprintf("%s/%s/%s %d", s.name, at, mirror.name, mirror.status), func(t *testing.T) { s.hunt(t, at, mirror) })
	})
}

// hunt is one run, and the post step after it.
func (s scenario) hunt(t *testing.T, at where, mirror reflection) {
	h := newHunt(t, at)
	s.set(h)
	h.canaries(s.quiet)
	maps.Copy(h.job.Env, h.env)
	step, err := h.job.Step(h.inputs)
	if err != nil {
		t.Fatal(err)
	}
	h.tap.mirror = mirror
	h.words, h.terminal = s.words, s.terminal
	if h.words == nil && !at.operationIsInput() {
		h.words = []string{h.inputs["operation"]}
	}
	if s.browser {
		h.watch = &person{visit: h.signIn}
	}
	r := h.start(step, h.words...)
	if mirror.encode == nil && (r.Exit != 0) != s.fails {
		t.Errorf("exit %d\n%s", r.Exit, r.log(h.world))
	}
	h.search(r)
	if mirror.encode == nil {
		h.hidden(r)
	}
	after, err := h.job.Post(r.Ended, h.inputs)
	if err != nil {
		t.Fatal(err)
	}
	h.words, h.terminal = []string{"post"}, false
	h.search(h.start(after, h.words...))
}

// exec reports whether stdout belongs to a command.
func (h *hunt) exec() bool { return len(h.words) > 0 && h.words[0] == "exec" }

func (h *hunt) signsIn() bool { return len(h.words) > 0 && h.words[0] == "login" }

func (h *hunt) start(s *hosttest.Step, words ...string) ran {
	h.t.Helper()
	r, err := h.run(s, words...)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, problem := range r.Problems {
		if h.terminal || h.signsIn() {
			break // stdout is a screen, or a token
		}
		h.t.Errorf("the host: %s\n%s", problem, r.log(h.world))
	}
	return r
}

// canaries puts a secret into every place that may contain one and that the run does
// not use.
func (h *hunt) canaries(quiet []string) {
	n := 0
	put := func(key string) {
		if n++; h.env[key] == "" && !slices.Contains(quiet, key) {
			h.env[key] = canary(n)
			if key == "ACTIONS_RUNTIME_TOKEN" {
				h.env[key] += "\n" + canary(n+1000)
			}
		}
	}
	for _, name := range []string{"credential", "client-secret", "refresh-token", "assertion"} {
		if slices.Contains(quiet, name) {
			continue
		}
		upper := strings.ToUpper(name)
		snake := strings.ReplaceAll(upper, "-", "_")
		used := h.inputs[name] != ""
		switch {
		case used && h.at.operationIsInput(): // the other spellings are ignored there
			if snake != upper {
				put("INPUT_" + snake)
			}
			put("AZSTEP_" + snake)
		case !used:
			put("INPUT_" + upper)
			put("INPUT_" + snake)
			put("AZSTEP_" + snake)
		}
	}
	for _, key := range []string{"SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN", "AZSTEP_TOKEN", "IDENTITY_HEADER"} {
		put(key)
	}
	if !slices.Contains(quiet, "client-secret") {
		put("AZURE_CLIENT_SECRET")
	}
	for _, key := range []string{"HTTPS_PROXY", "http_proxy", "ALL_PROXY"} { // loopback addresses do not use them
		n++
		h.env[key] = fmt.Sprintf("http://user:CANARY-%04d-PROXY@127.0.0.1:1", n)
	}
	maps.Copy(h.env, map[string]string{"AZSTEP_HOST": h.at.host, "TMPDIR": h.files(), "AZURE_SDK_GO_LOGGING": "all"})
	maps.Copy(h.env, map[string]string{"RUNNER_DEBUG": "1", "SYSTEM_DEBUG": "true", "AZSTEP_DEBUG": "true"})
	if err := os.MkdirAll(h.files(), 0o700); err != nil {
		h.t.Fatal(err)
	}
}

// everySecret returns the secrets that came in, were fetched, were sent or were
// minted.
func (h *hunt) everySecret() []string {
	all := h.tap.seen()
	for _, values := range []map[string]string{h.env, h.inputs} {
		for key, value := range values {
			if strings.HasPrefix(value, "CANARY-") || isSecretName(key) {
				all = append(all, value)
			}
			if _, rest, ok := strings.Cut(value, "://user:"); ok {
				password, _, _ := strings.Cut(rest, "@")
				all = append(all, password)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func isSecretName(key string) bool {
	return slices.Contains([]string{
		"credential", "client-secret", "refresh-token", "assertion", "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
	}, key)
}

// search looks for every secret in everything that a run wrote.
func (h *hunt) search(r ran) {
	h.t.Helper()
	written := h.written(r)
	all := bytes.Join(slices.Collect(maps.Values(written)), []byte("\n\x00\n"))
	for _, secret := range h.everySecret() {
		if len(hosttest.Leaks(all, secret)) == 0 {
			continue
		}
		for name, text := range written {
			if forms := hosttest.Leaks(text, secret); len(forms) > 0 {
				h.t.Errorf("%s contains %.40q as %q:\n%s", name, secret, forms, around(text, secret))
			}
		}
	}
}

// around returns the text around a secret, for a report.
func around(text []byte, secret string) string {
	i := bytes.Index(text, []byte(secret))
	if i < 0 {
		return ""
	}
	return string(text[max(0, i-200):min(len(text), i+200)])
}

// written returns everything that was written, by name, without the lines that
// register masks and the outputs.
func (h *hunt) written(r ran) map[string][]byte {
	h.t.Helper()
	all := map[string][]byte{
		"stdout": hosttest.WithoutMasks(h.at.host, r.stdout),
		"stderr": hosttest.WithoutMasks(h.at.host, r.stderr),
	}
	if h.at.host == hosttest.Local && !h.exec() {
		delete(all, "stdout") // the outputs
	}
	for _, dir := range []string{h.dir, h.job.Dir} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || entry.Name() == "github_output" {
				return err
			}
			all[path], err = os.ReadFile(path)
			if key := h.inputs["export-env"]; key != "" && entry.Name() == "github_env" {
				all[path] = withoutVariable(h.t, all[path], key)
			}
			return err
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}

// withoutVariable returns the file of environment variables without the one that the
// user asked for.
func withoutVariable(t *testing.T, file []byte, key string) []byte {
	t.Helper()
	pairs, err := hosttest.ParseFileCommands(file)
	if err != nil {
		t.Error(err)
	}
	var rest strings.Builder
	for _, p := range pairs {
		if p.Key != key {
			rest.WriteString(p.Key + "=" + p.Value + "\n")
		}
	}
	return []byte(rest.String())
}
