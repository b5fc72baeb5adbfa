//go:build unix

package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/azstep/azstep/internal/hosttest"
)

// attack is a source of hostile text.
type attack struct {
	name string
	// arm installs the source. seed is the generator's.
	arm func(h *hunt, g generator)
	// post says that only `azstep post` reads the text.
	post bool
}

func attacks() []attack {
	return []attack{
		{name: "answers", arm: func(h *hunt, g generator) { h.tap.change = func(a *answer) *answer { return h.poisoned(g, a, kept) } }},
		{name: "answers to the last text", arm: func(h *hunt, g generator) {
			h.tap.change = func(a *answer) *answer { return h.poisoned(g, a, nil) }
			h.hostileSecret = true // a token may equal the text
		}},
		{name: "refusals", arm: func(h *hunt, g generator) { h.tap.change = func(*answer) *answer { return refused(g) } }},
		{name: "inputs", arm: oneInput},
		{name: "the host's variables", arm: variables},
		{name: "leases", arm: leases, post: true},
	}
}

// kept are the members of answers without which an operation fails early.
var kept = []string{
	"token", "access_token", "refresh_token", "token_type", "value", "oidcToken", "authorizationId", "validFrom", "validTo", "expiry",
	"patTokenError", "continuationToken", "nextLink", "id", "type", "authorizedOn",
}

// poisoned is a successful answer with hostile texts.
func (h *hunt) poisoned(g generator, right *answer, keep []string) *answer {
	var v any
	if json.Unmarshal(right.body.Bytes(), &v) != nil {
		return right
	}
	text, _ := json.Marshal(g.poison("", v, keep)) // it was parsed from JSON
	if g.IntN(2) == 0 {
		text = bytes.ReplaceAll(text, []byte(`\ufffd`), []byte("\xff"))
	}
	out := &answer{header: right.header, status: right.status}
	out.body.Write(text)
	if right.status < 300 {
		h.tap.mu.Lock()
		defer h.tap.mu.Unlock()
		h.said = map[string]any{}
		_ = json.Unmarshal(text, &h.said) // an array contains nothing that becomes an output
	}
	return out
}

// refused is a refusal in which every word is hostile.
func refused(g generator) *answer {
	statuses := []int{400, 401, 403, 404, 409, 422, 500, 203, 302}
	out := &answer{header: http.Header{"Content-Type": {"application/json"}}, status: statuses[g.IntN(len(statuses))]}
	if g.IntN(4) == 0 {
		out.header.Set("Content-Type", "text/plain")
		out.body.WriteString(g.text())
	} else {
		out.body.Write(complaint(g.text()))
	}
	for _, name := range []string{"ActivityId", "X-Ms-Request-Id", "X-Ms-Error-Code", "Www-Authenticate", "Location", "Retry-After", "Content-Language"} {
		if g.IntN(2) == 0 {
			out.header.Set(name, g.line())
		}
	}
	return out
}

// oneInput replaces one of the inputs, or adds one.
func oneInput(h *hunt, g generator) {
	names := append(slices.Sorted(maps.Keys(h.inputs)), "summary", "dry-run", "trusted-hosts", "export-env", "valid-to", "policy", "report-file", "shard")
	name := g.one(names)
	h.inputs[name] = g.tame()
	if slices.Contains([]string{"credential", "client-secret", "refresh-token", "assertion"}, name) {
		h.hostileSecret = true
	}
}

// variables are chosen by a person and passed on by a host.
func variables(h *hunt, g generator) {
	delete(h.inputs, "display-name")
	for _, name := range []string{
		"GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_WORKFLOW", "GITHUB_REF", "GITHUB_ACTOR", "BUILD_REPOSITORY_NAME",
		"BUILD_DEFINITIONNAME", "BUILD_BUILDID", "SYSTEM_TEAMPROJECT", "SYSTEM_DEFINITIONID", "HTTPS_PROXY", "AZURE_TENANT_ID", "AZURE_CLIENT_ID",
	} {
		if g.IntN(2) == 0 {
			h.env[name] = g.tame()
		}
	}
	h.env["AZSTEP_HOST"] = h.at.host
}

// leases are written by someone else where azstep stores its own.
func leases(h *hunt, g generator) {
	in, _ := json.Marshal(map[string]any{ // strings can always be encoded
		"kind": "pat", "base": h.tap.url + "/fabrikam", "name": g.text(), "id": g.text(), "expires": "2999-01-01T00:00:00Z",
		"access": map[string]string{"auth": "credential", "tenantId": g.text(), "authorityHost": h.tap.url},
	})
	for _, prefix := range []string{"", "STATE_"} {
		h.env[prefix+"AZSTEP_LEASE_0badcafe"] = string(in)
		h.env[prefix+"AZSTEP_LEASE_"+strings.ReplaceAll(g.tame(), "=", "")] = g.tame()
	}
}

// TestInjection puts hostile text into everything that a server, a file or a person
// can set. The doubles of the hosts must see only azstep's own commands, and outputs
// with the values that the services sent.
func TestInjection(t *testing.T) {
	t.Parallel()
	rounds := 1
	if *full {
		rounds = 12
	}
	seed := *seeds
	turns := make(chan struct{}, atOnce/4)
	var work sync.WaitGroup
	for round := range rounds {
		for i, s := range scenarios() {
			on := s.places(t)
			for j, at := range on {
				for k, a := range attacks() {
					if seed++; !*full && (i+j+k+round)%5 != 0 {
						continue
					}
					turns <- struct{}{}
					work.Go(func() {
						defer func() { <-turns }()
						t.Run(fmt.Sprintf("%s/%s/%s/seeds=%d", s.name, at, a.name, seed), func(t *testing.T) {
							s.attacked(t, at, a, newGenerator(seed), (*hunt).start)
						})
					})
				}
			}
		}
	}
	work.Wait()
}

// attacked is one run, and the post step after it.
func (s scenario) attacked(t *testing.T, at where, a attack, g generator, start func(*hunt, *hosttest.Step, ...string) ran) {
	h := newHunt(t, at)
	s.set(h)
	h.env["AZSTEP_HOST"], h.env["RUNNER_DEBUG"], h.env["SYSTEM_DEBUG"], h.env["AZSTEP_DEBUG"] = at.host, "1", "true", "true"
	if s.terminal {
		h.env["TERM"] = "dumb" // no colors
	}
	a.arm(h, g)
	h.put()
	switch {
	case s.words != nil && s.words[0] == "exec": // its command must print nothing
		h.words, h.terminal = []string{"exec", s.words[1], "--", "true"}, s.terminal
	case s.words != nil:
		h.words = s.words
		if s.browser {
			h.watch = &person{visit: h.signIn}
		}
	case !at.operationIsInput():
		h.words = []string{h.inputs["operation"]}
	}
	if a.post {
		h.words, h.terminal = []string{"post"}, false
	}
	step, err := h.job.Step(h.inputs)
	if err != nil {
		t.Skip(err) // no host can create this environment
	}
	r := start(h, step, h.words...)
	h.judgeForged(r)
	h.judgeOutputs(r)
	after, err := h.job.Post(r.Ended, h.inputs)
	if err != nil {
		t.Fatal(err)
	}
	h.words, h.terminal = []string{"post"}, false
	h.judgeForged(start(h, after, h.words...))
}

func (h *hunt) judgeForged(r ran) {
	h.t.Helper()
	w := &witness{
		host: h.at.host, task: h.at.form == task, terminal: h.terminal, login: h.signsIn(), exec: h.exec(), exit: r.Exit, stdout: r.stdout, stderr: r.stderr, env: r.env,
		export: strings.TrimSpace(h.inputs["export-env"]), hostileSecret: h.hostileSecret,
	}
	for _, finding := range w.look() {
		h.t.Errorf("%s", finding)
	}
}

// judgeOutputs compares a service's values with the outputs, byte by byte.
func (h *hunt) judgeOutputs(r ran) {
	h.t.Helper()
	if r.Exit != 0 || h.said == nil || h.exec() {
		return
	}
	same := map[string]string{}
	switch h.inputs["operation"] {
	case "ensure-team":
		same = map[string]string{"team-id": "id", "team-name": "name", "team-url": "url", "team-description": "description", "identity-url": "identityUrl"}
	case "mint-pat":
		same = map[string]string{"display-name": "displayName", "scopes": "scope"}
		if inner, ok := h.said["patToken"].(map[string]any); ok {
			h.said = inner
		}
	}
	for output, member := range same {
		want, _ := h.said[member].(string)
		name := output
		if h.at.host != hosttest.GitHub {
			name = camel(output)
		}
		if h.at.host == hosttest.AzurePipelines {
			want = shown(want)
		}
		if got := r.Outputs[name]; got != want {
			h.t.Errorf("the output %s is %q, and the service said %q", output, got, want)
		}
	}
}

func camel(name string) string {
	words := strings.Split(name, "-")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}

// shown is a text in the form in which Azure Pipelines can store it in a variable:
// control characters except tabs and line breaks are made visible, and so are line
// separators.
func shown(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case !unicode.IsControl(r) && r != '\u2028' && r != '\u2029' || strings.ContainsRune("\t\r\n", r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
