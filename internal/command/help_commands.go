package command

import (
	"fmt"
	"slices"
)

// commandManual describes a command that is not an operation.
type commandManual struct {
	name, usage string
	paragraphs  []string
	example     string
	inputs      []string // that matter most to it
	page        string
}

func manualOf(name string) (commandManual, bool) {
	all := []commandManual{{
		"exec", "azstep exec [OPERATION] -- COMMAND [ARG...]", []string{
			"Gets a token with mint-pat, mint-iot-token or mint-entra-token, runs the command with the token in AZSTEP_TOKEN, and revokes the token when the command ends. The exit code is the command's own.",
			"Secrets in the command's output are replaced by ***. The lines of azstep go to stderr. The inputs that hold a secret, such as credential, are not in the command's environment.",
			"The other inputs are those of the operation: `azstep help mint-pat`.",
		}, "azstep exec mint-pat -- sh -c 'curl -u \":$AZSTEP_TOKEN\" \"$URL\"'", []string{"export-env", "timeout", "dry-run"}, "recipes-laptop.md",
	}, {
		"post", "azstep post", []string{
			"Revokes what earlier steps of this job have minted, and nothing else. It needs the credential of those steps; they wrote down, without a secret, who they were and where the token is.",
			"On a laptop it needs AZSTEP_STATE_FILE, the file that the earlier runs have written. A token that is gone already counts as revoked. It fails if a live token may remain.",
		}, "", []string{"credential", "client-secret", "refresh-token", "trusted-hosts", "ca-file"}, "reference.md",
	}, {
		"login", "azstep login", []string{
			"Signs you in in the browser and writes your refresh token to stdout, which must not be a terminal. In CI, give it to mint-pat as the input refresh-token, from a secret store. It works on a laptop alone.",
			"Where there is no browser, set AZSTEP_LOGIN_METHOD=device-code.",
		}, "azstep login | gh secret set ADO_REFRESH_TOKEN", []string{"tenant-id", "client-id", "authority-host", "ca-file"}, "security.md",
	}, {
		"completion", "azstep completion bash|zsh|fish|powershell", []string{
			"Prints a script that completes operations and commands in your shell.",
		}, "source <(azstep completion bash)", nil, "install.md",
	}, {
		"help", "azstep help [OPERATION]", []string{
			"Says what azstep does, or what an operation or command takes. `azstep OPERATION --help` is the same.",
		}, "", nil, "reference.md",
	}, {
		"version", "azstep version", []string{"Prints the version, the commit, the version of Go and the platform."}, "", nil, "install.md",
	}}
	i := slices.IndexFunc(all, func(m commandManual) bool { return m.name == name })
	if i < 0 {
		return commandManual{}, false
	}
	return all[i], true
}

func (t *helpText) command(m commandManual) {
	fmt.Fprintf(t, "usage: %s\n", m.usage)
	for _, text := range m.paragraphs {
		fmt.Fprintf(t, "\n%s\n", wrap(t.spell.Hint(text), 0))
	}
	if m.example != "" {
		fmt.Fprintf(t, "\nexample:\n  %s\n", m.example)
	}
	if len(m.inputs) > 0 {
		fmt.Fprint(t, "\ninputs:\n")
		t.inputs(m.inputs, nil)
	}
	fmt.Fprintf(t, "\ndocumentation:\n%s%s\n", pages, m.page)
}
