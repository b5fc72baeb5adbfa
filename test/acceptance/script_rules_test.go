//go:build unix

package acceptance

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/hosttest"
	"github.com/azstep/azstep/test/program"
)

// secretOutputs lists the outputs that contain a secret.
var secretOutputs = []string{"token", "authorization-header", "refresh-token"}

// canaries are the beginnings of every secret that the emulator has or issues, so
// that secrets that no script has seen are found as well.
var canaries = []string{
	"FAKEPAT",
	base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256","kid":"azstep-emulator"}`)),
	"FAKE-REFRESH.", "FAKE-CLIENT-SECRET", "FAKE-GITHUB-REQUEST-TOKEN", "FAKE-IDENTITY-HEADER", "FAKE-DEVICE-",
	"sig=FAKE", "CANARY", // the secrets in scripts
}

// problems returns the rules for every run that this run broke.
func (r *result) problems() []string {
	secrets := slices.Concat(r.leaks(), r.forgeries(), r.maskedLate(), r.unmasked())
	if program.IsOther() {
		return secrets
	}
	return slices.Concat(secrets, r.unreported(), r.mute())
}

// leaks finds secrets in texts that must not contain any, in all forms.
func (r *result) leaks() (found []string) {
	places := r.places()
	all := []byte(strings.Join(slices.Collect(maps.Values(places)), "\n\x00\n"))
	for _, secret := range r.secrets() {
		if hosttest.Leaks(all, secret) == nil {
			continue
		}
		for name, text := range places {
			if forms := hosttest.Leaks([]byte(text), secret); forms != nil {
				found = append(found, fmt.Sprintf("%s holds a secret (%.12s…): %s", name, secret, strings.Join(forms, ", ")))
			}
		}
	}
	return found
}

// secrets returns the canaries and, for each token that the run received or sent,
// the part that is unique to it.
func (r *result) secrets() []string {
	all := slices.Clone(canaries)
	add := func(value string) {
		if segments := strings.Split(value, "."); len(segments) == 3 {
			value = segments[2]
		}
		if value = strings.TrimSpace(value); len(value) >= 8 && !slices.Contains(all, value) {
			all = append(all, value)
		}
	}
	for _, value := range r.incoming() {
		add(value)
	}
	for _, name := range secretOutputs {
		if value, ok := r.get(name); ok {
			add(value)
		}
	}
	return all
}

// incoming returns the secrets in the environment of the run.
func (r *result) incoming() (values []string) {
	secret := regexp.MustCompile(`^(INPUT|AZSTEP)_(CREDENTIAL|CLIENT[-_]?SECRET|REFRESH[-_]?TOKEN)$|^(SYSTEM_ACCESSTOKEN|AZURE_DEVOPS_EXT_PAT|AZURE_CLIENT_SECRET|ACTIONS_ID_TOKEN_REQUEST_TOKEN|ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN)$`)
	for name, value := range r.given {
		if secret.MatchString(name) && !strings.HasPrefix(value, "$(") {
			values = append(values, strings.FieldsFunc(value, func(c rune) bool { return c == '\n' || c == '\r' })...)
		}
	}
	return values
}

// places returns all texts that must not contain a secret, by name.
func (r *result) places() map[string]string {
	host := map[string]string{hostAction: hosttest.GitHub, hostGitHub: hosttest.GitHub, hostAzure: hosttest.AzurePipelines, hostTask: hosttest.AzurePipelines}[r.host]
	all := map[string]string{
		"stdout":  string(hosttest.WithoutMasks(host, r.stdout)),
		"stderr":  string(hosttest.WithoutMasks(host, r.stderr)),
		"summary": string(r.summary),
		"log":     strings.Join(r.seen.log, "\n"),
		"state":   fmt.Sprint(r.state),
	}
	if r.host == hostLocal && r.hasJSON() || r.does("login") {
		all["stdout"] = ""
	}
	for name, value := range r.outputs {
		if !slices.ContainsFunc(secretOutputs, func(s string) bool { return name == s || name == camel(s) }) {
			all["output "+name] = value
		}
	}
	for name, value := range r.exported {
		if !slices.Contains(r.secretVariables, name) {
			all["variable "+name] = value
		}
	}
	for _, path := range append(r.leftovers(), r.given["AZSTEP_STATE_FILE"]) {
		if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
			continue // /dev/full never ends
		}
		if text, err := os.ReadFile(path); err == nil {
			all[path] = string(text)
		}
	}
	return all
}

// ownCommands lists all commands that azstep gives to a host.
var ownCommands = []string{
	"add-mask", "debug", "warning", "error",
	"task.setsecret", "task.setvariable", "task.logissue", "task.addattachment", "task.debug",
	"task.settaskvariable", "task.prependpath",
}

// forgeries finds commands and outputs that azstep does not produce itself, and
// anything that a host could take for a command.
func (r *result) forgeries() (found []string) {
	for _, line := range r.seen.findings {
		found = append(found, fmt.Sprintf("a host could take this line for a command: %q", line))
	}
	if r.seen.failed {
		found = append(found, "a command failed the step")
	}
	for _, c := range r.seen.commands {
		if !slices.Contains(ownCommands, c.Name) && !r.does("exec") {
			found = append(found, fmt.Sprintf("a command that is not azstep's: %+v", c))
		}
	}
	known := manifestOutputs()
	for name := range r.outputs {
		if !slices.ContainsFunc(known, func(k string) bool {
			return name == k || r.host != hostAction && r.host != hostGitHub && name == camel(k)
		}) && !r.does("exec") {
			found = append(found, fmt.Sprintf("an output that action.yml does not have: %q", name))
		}
	}
	for name := range r.exported {
		if !strings.HasPrefix(name, "AZSTEP_LEASE_") && !slices.Contains(r.secretVariables, name) && !r.does("exec") {
			found = append(found, fmt.Sprintf("a variable that nobody asked for: %q", name))
		}
	}
	return found
}

// maskedLate checks that the first lines are the masks of all secrets in the
// environment.
func (r *result) maskedLate() (found []string) {
	if r.host == hostLocal || len(r.seen.commands) == 0 {
		return nil
	}
	stream := r.stdout
	if r.does("exec") {
		stream = r.stderr
	}
	head := ""
	for line := range strings.Lines(string(stream)) {
		if !strings.HasPrefix(line, "::add-mask::") && !strings.HasPrefix(line, "##vso[task.setsecret]") {
			break
		}
		head += line
	}
	masks := strings.NewReplacer("%25", "%", "%AZP25", "%", "%3B", ";", "%5D", "]").Replace(head)
	for _, secret := range r.incoming() {
		if secret = strings.Trim(secret, " \t\uFEFF"); utf8.RuneCountInString(secret) >= 4 && !strings.Contains(masks, "]"+secret+"\n") && !strings.Contains(masks, "::"+secret+"\n") {
			found = append(found, fmt.Sprintf("the first lines do not mask what came in (%.12s…)", secret))
		}
	}
	return found
}

// unmasked finds secret outputs that the host's log would show, as they are or as
// the password of HTTP basic authentication.
func (r *result) unmasked() (found []string) {
	if r.host == hostLocal {
		return nil
	}
	for _, name := range secretOutputs {
		value, ok := r.get(name)
		for _, form := range []string{value, base64.StdEncoding.EncodeToString([]byte(":" + value))} {
			if ok && strings.Contains(r.seen.mask("< "+form+" >"), form[len(form)/2:]) {
				found = append(found, "the host does not hide the output "+name)
			}
		}
		if at := bytes.Index(r.stdout, []byte("variable="+camel(name)+";")); ok && at >= 0 && !bytes.Contains(r.stdout[:at], []byte("##vso[task.setsecret]"+r.escapeVSO(value)+"\n")) {
			found = append(found, "the output "+name+" is set before it is hidden")
		}
	}
	return found
}

func (r *result) escapeVSO(s string) string {
	if r.keepsPercents() {
		return strings.NewReplacer(";", "%3B", "]", "%5D").Replace(s)
	}
	return strings.NewReplacer("%", "%AZP25", ";", "%3B", "]", "%5D").Replace(s)
}

// unreported finds failures that are not reported completely, with one error line, a
// hint and the output error, and successes that report an error.
func (r *result) unreported() (found []string) {
	code, failed := r.get("error")
	errors := 0
	for _, n := range r.seen.notes {
		if n.level == "error" {
			errors++
		}
	}
	switch {
	case r.isShell || r.does("exec"):
	case r.exit == 0 && (failed || errors > 0):
		found = append(found, fmt.Sprintf("exit code 0 with %d error lines and the output error %q", errors, code))
	case r.exit != 0 && errors != 1:
		found = append(found, fmt.Sprintf("exit code %d with %d error lines", r.exit, errors))
	case r.exit != 0 && len(r.hints()) == 0:
		found = append(found, fmt.Sprintf("exit code %d without a hint", r.exit))
	}
	return found
}

func (r *result) hints() (all []string) {
	for _, line := range r.seen.log {
		if hint, ok := strings.CutPrefix(line, "hint: "); ok {
			all = append(all, hint)
		}
	}
	return all
}
