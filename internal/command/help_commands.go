package command

import (
	"fmt"
	"io"
	"slices"
)

// commandManual is what help says of a command that is no operation.
type commandManual struct {
	name, usage string
	paragraphs  []string
	inputs      []string // that matter most to it
}

func manualOf(name string) (commandManual, bool) {
	all := []commandManual{{
		"exec", "azstep exec [OPERATION] -- COMMAND [ARG...]", []string{
			"Mints by mint-pat, mint-iot-token or mint-entra-token, runs the command with the token in AZSTEP_TOKEN, and revokes when the command has ended. Its exit code is the command's.",
			"The command's output passes through a filter that replaces secrets by ***. azstep's own lines go to stderr. Of the inputs, credential, client-secret and refresh-token are not in the command's environment.",
			"The other inputs are those of the operation: `azstep help mint-pat`.",
		}, []string{"export-env", "timeout", "dry-run"},
	}, {
		"post", "azstep post", []string{
			"Revokes what earlier steps of this job have minted, and nothing else. It takes no inputs but those of the credential: who to be and where to go was written down by the steps, without a secret.",
			"On a laptop it needs AZSTEP_STATE_FILE, the file that the steps have written. What is gone already counts as revoked. It fails if a live credential may remain.",
		}, []string{"credential", "client-secret", "refresh-token", "ca-file"},
	}, {
		"login", "azstep login", []string{
			"Signs a user in with a code that is typed into a browser, and writes the refresh token to stdout, which must not be a terminal: `azstep login | gh secret set ADO_REFRESH_TOKEN`. It is the input refresh-token in CI. It works on a laptop alone.",
		}, []string{"tenant-id", "client-id", "authority-host", "ca-file"},
	}}
	i := slices.IndexFunc(all, func(m commandManual) bool { return m.name == name })
	if i < 0 {
		return commandManual{}, false
	}
	return all[i], true
}

func (m commandManual) write(w io.Writer, docs manual) {
	fmt.Fprintf(w, "usage: %s\n", m.usage)
	for _, text := range m.paragraphs {
		fmt.Fprintf(w, "\n%s\n", wrap(text, 0))
	}
	fmt.Fprint(w, "\ninputs:\n")
	list(w, docs, m.inputs, nil)
}
