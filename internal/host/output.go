package host

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// Output is a result of the step. Name is in kebab case; dialects other than
// GitHub's convert it to camel case.
type Output struct {
	Name, Value string
	Secret      bool
}

// MaxOutput is the size limit of one output on this host, in bytes. A variable of
// Azure Pipelines becomes an environment variable. Windows allows 32,767 characters
// for its name and value together; Linux allows 131,072 bytes in one variable of a
// new process (execve(2), MAX_ARG_STRLEN). A pipe has no limit.
func (h *Host) MaxOutput() int {
	switch {
	case h.opts.Kind == Local:
		return math.MaxInt
	case h.opts.Kind == AzurePipelines || h.opts.Env["RUNNER_OS"] == "Windows":
		return 30_000
	}
	return 120_000
}

// EnvVar is an environment variable for the later steps of the job. It is always
// secret.
type EnvVar struct{ Name, Value string }

// Ready reports whether outputs can be delivered. It is called before anything is
// minted, so that nothing is minted in vain. The error is output-failed.
func (h *Host) Ready() error {
	if err := h.Err(); err != nil {
		return unwritable(err)
	}
	if err := h.dialect.ready(); err != nil {
		return unwritable(err)
	}
	return nil
}

// Check reports whether the host would accept these outputs. It is called with those
// that are known before anything is minted, so that nothing is minted in vain. The
// error is output-failed.
func (h *Host) Check(outputs ...Output) error {
	if err := h.dialect.check(outputs); err != nil {
		return unwritable(err)
	}
	return nil
}

// Publish delivers the outputs and environment variables, all or none as far as the
// host allows. It hides the secrets among them first; if a mask could not be
// registered, it delivers nothing. The error is output-failed. Publish is called
// once per run. On a laptop it prints the one JSON object; an output named error
// then replaces the one that [Host.Report] sets.
func (h *Host) Publish(outputs []Output, env ...EnvVar) error {
	outputs = h.marked(outputs)
	for _, e := range env {
		h.Hide(e.Value)
	}
	outputs, err := h.bound(outputs)
	if err = errors.Join(err, h.Err(), checkNames(outputs, env), h.checkReader(outputs)); err == nil {
		err = h.dialect.publish(outputs, env)
	}
	if err != nil {
		return unwritable(err)
	}
	h.remember(outputs)
	return nil
}

// marked hides the secret outputs, and treats an output that contains a secret as
// secret.
func (h *Host) marked(outputs []Output) []Output {
	all := make([]Output, len(outputs))
	for i, o := range outputs {
		if o.Secret {
			h.Hide(o.Value)
		}
		o.Secret = o.Secret || h.opts.Masks.Clean(o.Value) != o.Value
		all[i] = o
	}
	return all
}

// checkReader fails for a secret if stdout is lost: nothing would receive the secret
// or, on GitHub, where the secret is written to a file, its masks.
func (h *Host) checkReader(outputs []Output) error {
	if h.opts.StdoutLost && !h.opts.Exec && hasSecret(outputs) {
		return errors.New("stdout is closed (or is the null device, opened for reading too), so the secret and its masks would be lost")
	}
	return nil
}

func (h *Host) remember(outputs []Output) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delivered = true
	for _, o := range outputs {
		h.coded = h.coded || o.Name == ErrorOutput
	}
}

// checkNames rejects names that could be more than a name in a host's grammar.
func checkNames(outputs []Output, env []EnvVar) error {
	for _, o := range outputs {
		if !isName(o.Name, "-") {
			return fmt.Errorf("%q is not a valid name for an output", o.Name)
		}
	}
	for _, e := range env {
		if !isName(e.Name, "") {
			return fmt.Errorf("%q is not a valid name for an environment variable", e.Name)
		}
	}
	return nil
}

// isName reports whether s consists of letters, digits, underscores and the
// characters in also, and begins with a letter or an underscore.
func isName(s, also string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	if s == "" || !strings.ContainsRune(letters, rune(s[0])) {
		return false
	}
	return strings.Trim(s, letters+"0123456789"+also) == ""
}

// camel converts kebab case to camel case: authorization-id becomes authorizationId.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words {
		if i > 0 && word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, "")
}

func hasSecret(outputs []Output) bool {
	for _, o := range outputs {
		if o.Secret && o.Value != "" {
			return true
		}
	}
	return false
}

func unwritable(err error) error {
	f := fault.New(fault.OutputFailed, "write the outputs: %w", err)
	if cause := new(fault.Error); errors.As(err, &cause) {
		f.Hints = cause.Hints
	}
	return f
}
