//go:build unix

package faults

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// scenario is one operation with one way to authenticate.
type scenario struct {
	name string
	on   []where // nil means everywhere, in every form
	// set sets the inputs and the environment.
	set func(w *hunt)
	// words returns azstep's arguments.
	words []string
	// quiet lists inputs that must not contain a canary, because they are used.
	quiet []string
	fails bool // it fails without any fault
	// terminal makes azstep run on a terminal.
	terminal bool
	// browser makes a user sign in on the page that azstep opens.
	browser bool
}

// places returns where the scenario runs.
func (s scenario) places(t *testing.T) []where {
	t.Helper()
	switch {
	case s.words != nil: // no script takes any
		return s.on
	case s.on == nil:
		return withForms(t, everywhere())
	}
	return withForms(t, s.on)
}

// hunt is one run of a scenario.
type hunt struct {
	*world
	t      *testing.T
	tap    *tap
	words  []string // azstep's arguments
	inputs map[string]string
	env    map[string]string
	// For injections:
	said          map[string]any // the last successful answer of a service
	hostileSecret bool           // a secret input contains hostile text
}

func newHunt(t *testing.T, at where) *hunt {
	t.Helper()
	w, err := newWorld(t.TempDir(), at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.close)
	own, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	h := &hunt{world: w, t: t, tap: newTap(t, w.services), env: map[string]string{}}
	h.inputs = map[string]string{"ca-file": string(own.authority), "timeout": "20s", "max-attempts": "1"}
	return h
}

// here puts the tap in the place of the emulator.
func (h *hunt) here(text string) string { return strings.ReplaceAll(text, h.services.URL(), h.tap.url) }

func (h *hunt) use(operation string, more ...string) {
	h.inputs["operation"] = operation
	h.inputs["organization"] = h.tap.url + "/fabrikam"
	h.inputs["project"] = "Fabrikam"
	h.inputs["application"] = h.tap.url
	h.inputs["authority-host"] = h.tap.url
	for i := 0; i+1 < len(more); i += 2 {
		h.inputs[more[i]] = more[i+1]
	}
}

func (h *hunt) user(audience string) string {
	return h.services.Token(emulator.TokenOptions{Audience: audience})
}

func (h *hunt) pat() string {
	text, _, err := h.services.AddPAT("fabrikam", "", "app_token", time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// keyless returns the variables of a host's own identity.
func (h *hunt) keyless(way string, variables []string) {
	h.inputs["auth"] = way
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		h.env[name] = h.here(value)
	}
}

func (h *hunt) secret() {
	h.inputs["auth"], h.inputs["client-secret"] = "client-secret", "FAKE-CLIENT-SECRET-0001"
	h.inputs["tenant-id"], h.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a1"
}

// federated returns a federated token in the input of that name.
func (h *hunt) federated(name, value string) {
	h.inputs["auth"], h.inputs[name] = "assertion", value
	h.inputs["tenant-id"], h.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a1"
}

func (h *hunt) assertion() string {
	token, err := h.services.Assertion(emulator.AssertionOptions{Issuer: "gitlab"})
	if err != nil {
		h.t.Fatal(err)
	}
	return token
}

func (h *hunt) refresh() {
	h.inputs["auth"], h.inputs["refresh-token"] = "refresh-token", h.services.RefreshToken("jamal@fabrikam.example", "azstep login")
	h.inputs["tenant-id"], h.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a3"
}

// files is a directory outside the workspace that a run may write to.
func (h *hunt) files() string { return filepath.Join(h.job.Dir, "files") }

func scenarios() []scenario {
	github := everywhere()[:2]
	pipelines, laptop := everywhere()[2:3], everywhere()[3:]
	return []scenario{
		{name: "mint-pat by credential", set: func(h *hunt) {
			h.use("mint-pat", "scopes", "vso.code", "credential", h.user(""), "export-env", "MINTED")
		}},
		{name: "mint-pat by refresh token", quiet: []string{"client-secret"}, set: func(h *hunt) {
			h.use("mint-pat", "scopes", "vso.code")
			h.refresh()
		}},
		{name: "mint-pat by a PAT", fails: true, set: func(h *hunt) { h.use("mint-pat", "scopes", "vso.code", "credential", h.pat()) }},
		{name: "revoke-pat", set: func(h *hunt) {
			h.use("revoke-pat", "display-name", "made by the emulator", "credential", h.user(""))
			_ = h.pat()
		}},
		{name: "mint-iot-token by credential", set: func(h *hunt) {
			h.use("mint-iot-token", "roles", "Token Minter", "token-id", "mine", "credential", h.user(emulator.IoTCentral))
		}},
		{name: "mint-iot-token by secret", set: func(h *hunt) { h.use("mint-iot-token", "roles", "operator"); h.secret() }},
		{name: "revoke-iot-token by secret", set: func(h *hunt) { h.use("revoke-iot-token", "token-id", "gone"); h.secret() }},
		{name: "mint-entra-token by secret", set: func(h *hunt) { h.use("mint-entra-token"); h.secret() }},
		{name: "mint-entra-token by refresh token", quiet: []string{"client-secret"}, set: func(h *hunt) {
			h.use("mint-entra-token", "resource", "iot-central")
			h.refresh()
		}},
		{name: "mint-entra-token by GitHub", on: github, set: func(h *hunt) {
			h.use("mint-entra-token")
			h.keyless("github-oidc", h.services.GitHubEnv())
		}},
		{name: "mint-entra-token by Azure Pipelines", on: pipelines, set: func(h *hunt) {
			h.use("mint-entra-token")
			h.keyless("azure-pipelines-oidc", h.services.PipelinesEnv())
		}},
		{name: "mint-entra-token by assertion", set: func(h *hunt) {
			h.use("mint-entra-token")
			h.federated("assertion", h.assertion())
		}},
		{name: "ensure-team by assertion-file", quiet: []string{"assertion"}, set: func(h *hunt) {
			h.use("ensure-team", "team", "Quality assurance")
			path := filepath.Join(h.t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(h.assertion()), 0o600); err != nil {
				h.t.Fatal(err)
			}
			h.federated("assertion-file", path)
		}},
		{name: "mint-entra-token by an expired assertion", fails: true, set: func(h *hunt) {
			h.use("mint-entra-token")
			token, _ := h.services.Assertion(emulator.AssertionOptions{Issuer: "gitlab", ExpiresIn: -time.Minute})
			h.federated("assertion", token)
		}},
		{name: "whoami by PAT", set: func(h *hunt) { h.use("whoami", "credential", h.pat()) }},
		{name: "ensure-team by PAT", set: func(h *hunt) { h.use("ensure-team", "team", "Fresh", "description", "d", "credential", h.pat()) }},
		{name: "ensure-team by secret", set: func(h *hunt) {
			h.use("ensure-team", "team", "Quality assurance", "description", "new", "update-description", "true")
			h.secret()
		}},
		{name: "ensure-team by the job's token", on: pipelines, quiet: []string{"credential", "client-secret", "refresh-token", "assertion"}, set: func(h *hunt) {
			h.use("ensure-team", "team", "Quality assurance")
			h.keyless("auto", h.services.PipelinesEnv())
		}},
		{name: "check-permissions by PAT", set: func(h *hunt) {
			h.use("check-permissions", "resource-type", "environment", "resource-name", "*", "report-file", "report.json", "credential", h.pat())
		}},
		{name: "check-permissions by AZURE_DEVOPS_EXT_PAT", on: laptop, quiet: []string{"credential", "client-secret", "refresh-token", "assertion", "SYSTEM_ACCESSTOKEN"}, set: func(h *hunt) {
			h.use("check-permissions", "resource-type", "environment", "resource-id", "1")
			h.env["AZURE_DEVOPS_EXT_PAT"] = h.pat()
		}},
		{name: "ensure-permissions by PAT", set: func(h *hunt) {
			h.use("ensure-permissions", "resource-type", "environment", "resource-name", "test", "pipelines", "smoke", "report-file", "report.html", "credential", h.pat())
		}},
		{name: "prune-pats", set: func(h *hunt) {
			h.use("prune-pats", "older-than", "1h", "name", "made*", "report-file", "report.json", "credential", h.user(""))
		}},
		{name: "exec mint-pat", on: everywhere()[1:], words: []string{"exec", "mint-pat", "--", "true"}, set: func(h *hunt) {
			h.use("mint-pat", "scopes", "vso.code", "credential", h.user(""))
		}},
		{name: "exec on a terminal", on: laptop, terminal: true, words: []string{"exec", "mint-pat", "--", "sh", "-c", "printenv; printenv >&2"}, set: func(h *hunt) {
			h.use("mint-pat", "scopes", "vso.code", "credential", h.user(""))
		}},
		{name: "login by device code", on: laptop, words: []string{"login"}, quiet: signsIn, set: func(h *hunt) { h.login("device-code") }},
		{name: "login in the browser", on: laptop, words: []string{"login"}, quiet: signsIn, browser: true, set: func(h *hunt) { h.login("browser") }},
		{name: "exec mint-iot-token", on: everywhere()[1:], words: []string{"exec", "mint-iot-token", "--", "sh", "-c", "printenv >&2"}, set: func(h *hunt) {
			h.use("mint-iot-token", "roles", "operator", "credential", h.user(emulator.IoTCentral))
		}},
	}
}
