package command

import (
	"crypto/rand"
	"encoding/hex"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/lease"
)

// journal records a lease under a key of its own, so that several runs of azstep in
// one job do not interfere.
type journal struct {
	host *host.Host
	key  string
	// secret is also known to the step that revokes; it may be empty.
	secret string
}

// newJournal generates the key: AZSTEP_LEASE_ and 8 random hex digits.
func newJournal(h *host.Host, secret string) journal {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return journal{h, "AZSTEP_LEASE_" + hex.EncodeToString(b), secret}
}

// Record adds a code to entries that other steps of the job could change.
func (j journal) Record(in lease.Intent) error {
	text, err := in.Text()
	if err != nil {
		return err
	}
	if j.host.Keeper() == host.JobVariables {
		text = lease.Seal(text, j.key, j.secret)
	}
	return j.host.Save(j.key, text)
}

// postFollows is set by templates/azstep.yml, whose last step is `azstep post`.
const postFollows = "AZSTEP_LEASE_POST"

// ending describes for log and summary how a minted credential ends here. advice
// says how the user can make it end if the host runs nothing at the job's end.
func (p *Process) ending(h *host.Host, exec bool) (ending, advice string) {
	const byPost = "revoked by `azstep post`, otherwise valid until it expires"
	switch {
	case exec:
		return "revoked when the command ends", ""
	case h.Keeper() == host.OwnState:
		return "revoked when the job ends", ""
	case h.Kind() == host.GitHub:
		return byPost, "GitHub does not clean up after a run: step: end the job with a step `run: azstep post`, with `if: always()` and the same credential"
	case h.Kind() == host.AzurePipelines && p.Env[postFollows] == "true":
		return byPost, ""
	case h.Kind() == host.AzurePipelines:
		return byPost, "Azure Pipelines does not clean up after a script: step: end the job with a step `script: azstep post`, with `condition: always()` and the same credential"
	case h.Keeper() == host.StateFile:
		return byPost, "run `azstep post` with the same AZSTEP_STATE_FILE and credential to revoke it"
	}
	return "not revoked earlier", "to revoke it earlier, set AZSTEP_STATE_FILE to a file and run `azstep post` afterwards, or use `azstep exec`"
}
