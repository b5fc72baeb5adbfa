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
			"Secrets in the command's output are replaced by ***. azstep logs to stderr. Inputs that contain a secret, such as credential, are removed from the command's environment.",
			"The other inputs are those of the operation: `azstep help mint-pat`.",
		}, "azstep exec mint-pat -- sh -c 'curl -u \":$AZSTEP_TOKEN\" \"$URL\"'", []string{"export-env", "timeout", "dry-run"}, "recipes-laptop.md",
	}, {
		"post", "azstep post", []string{
			"Revokes the tokens that earlier steps of this job minted, and nothing else. It needs the same credential as those steps. They recorded which tokens they minted, and with which identity, but no secret.",
			"On a laptop, set AZSTEP_STATE_FILE to the file that the earlier runs wrote to. A token that no longer exists counts as revoked. The command fails if a token may still be valid.",
		}, "", []string{"credential", "client-secret", "refresh-token", "trusted-hosts", "ca-file"}, "reference.md",
	}, {
		"login", "azstep login", []string{
			"Signs you in with the browser and writes your refresh token to stdout, which must not be a terminal. Keep the token in a secret store, and pass it to mint-pat in the input refresh-token. This command works only on a laptop.",
			"On a machine without a browser, set AZSTEP_LOGIN_METHOD=device-code.",
		}, "azstep login | gh secret set ADO_REFRESH_TOKEN", []string{"tenant-id", "client-id", "authority-host", "ca-file"}, "security.md",
	}, {
		"completion", "azstep completion bash|zsh|fish|powershell", []string{
			"Prints the script with which your shell completes operations and commands.",
		}, "source <(azstep completion bash)", nil, "install.md#shell-completion",
	}, {
		"help", "azstep help [OPERATION]", []string{
			"Shows what azstep does, or the inputs and outputs of an operation or command. `azstep OPERATION --help` shows the same.",
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
