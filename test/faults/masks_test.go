//go:build unix

package faults

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/hosttest"
)

// hidden checks that the host already hides each secret in its usual forms, and that
// the masks of the secrets in the environment come before everything else.
func (h *hunt) hidden(r ran) {
	h.t.Helper()
	if h.at.host == hosttest.Local {
		return
	}
	for _, secret := range h.everySecret() {
		if h.unseen(r, secret) {
			continue
		}
		for _, form := range practical(secret) {
			if forms := hosttest.Leaks([]byte(h.job.Mask(form)), secret); len(forms) > 0 {
				h.t.Errorf("the host shows %.60q, of the secret %.40q, as %q", h.job.Mask(form), secret, forms)
			}
		}
	}
	first := h.firstMasks(r)
	for key, value := range h.env {
		if r.env[key] != value {
			continue
		}
		for line := range strings.Lines(value) {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "CANARY-") && !slices.Contains(first, line) {
				h.t.Errorf("the mask of %s does not come before everything else", key)
			}
		}
	}
}

// unseen reports whether a secret of the job did not reach the step, because the host
// sets that variable itself.
func (h *hunt) unseen(r ran, secret string) bool {
	for key, value := range h.env {
		if strings.Contains(value, secret) && r.env[key] != value {
			return !slices.Contains(h.tap.seen(), secret)
		}
	}
	return false
}

// practical returns the forms in which a secret usually appears.
func practical(secret string) []string {
	quoted, _ := json.Marshal(secret) // strings can always be encoded
	all := []string{
		secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`), "Bearer " + secret,
		base64.StdEncoding.EncodeToString([]byte(":" + secret)),
	}
	for _, code := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		all = append(all, code.EncodeToString([]byte(secret)))
	}
	if fields, err := url.ParseQuery(strings.TrimPrefix(secret, "SharedAccessSignature ")); err == nil && fields.Get("sig") != "" {
		all = append(all, fields.Get("sig"), url.QueryEscape(fields.Get("sig")))
	}
	return all
}

// firstMasks returns the masks before the first line that is not a mask.
func (h *hunt) firstMasks(r ran) []string {
	stream := r.stdout
	if h.exec() {
		stream = r.stderr
	}
	var first []byte
	for line := range bytes.Lines(stream) {
		if !bytes.HasPrefix(line, []byte("::add-mask::")) && !bytes.HasPrefix(line, []byte("##vso[task.setsecret]")) {
			break
		}
		first = append(first, line...)
	}
	if h.at.host == hosttest.GitHub {
		var runner hosttest.Runner
		runner.Feed(first)
		return runner.Masks
	}
	var agent hosttest.Agent
	agent.Feed(first)
	return agent.Secrets
}
