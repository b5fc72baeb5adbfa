package host

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

const (
	// leasePrefix begins the names of all that azstep keeps for its post step.
	leasePrefix = "AZSTEP_LEASE_"
	// statePrefix is put before the names of a GitHub action's state when it is
	// handed back (actions/runner Handler.cs).
	statePrefix = "STATE_"
)

// Save keeps a value, one line of JSON without a secret, for a later azstep of
// the job. It is durable when Save returns nil; saving a key again replaces its
// value, and an empty value ends it. Names begin with AZSTEP_LEASE_. The error
// is output-failed.
func (h *Host) Save(key, value string) error {
	err := h.Err()
	switch {
	case err != nil:
	case !strings.HasPrefix(key, leasePrefix) || !isName(key, ""):
		err = fmt.Errorf("%q is no name of a record", key)
	case strings.ContainsAny(value, "\r\n"):
		err = errors.New("the value has several lines")
	case h.opts.Masks.Clean(value) != value:
		return unrecorded(errors.New("it holds a secret")).
			With("keep credentials out of the inputs that name things (organization, display-name, token-id and the like): these are written down for `azstep post`")
	default:
		err = h.dialect.save(key, value)
	}
	if err != nil {
		return unrecorded(err)
	}
	return nil
}

func unrecorded(err error) *fault.Error {
	return fault.New(fault.OutputFailed, "record what is to be released later: %w", err)
}

// Saved is what earlier azsteps of the job kept, by key, with the case that
// [Host.Save] was given as long as that was lower case after the prefix: Azure
// Pipelines writes names in capitals. What cannot be read is warned about.
func (h *Host) Saved() map[string]string {
	all, err := h.dialect.saved()
	if err != nil {
		h.Warnf("what earlier steps recorded could not be read: %v", err)
	}
	return all
}

// leases are the records in an environment, their names after prefix.
func leases(env map[string]string, prefix string) map[string]string {
	found := make(map[string]string)
	for _, key := range slices.Sorted(maps.Keys(env)) {
		if name, ok := cutFold(key, prefix); ok {
			keep(found, name, env[key])
		}
	}
	return found
}

// keep notes a record under its one spelling. An empty one is over, and a macro
// of Azure Pipelines that nobody expanded never was.
func keep(found map[string]string, name, value string) {
	id, ok := cutFold(name, leasePrefix)
	key := leasePrefix + strings.ToLower(id)
	switch {
	case !ok || id == "":
	case value == "" || strings.HasPrefix(value, "$("):
		delete(found, key)
	default:
		found[key] = value
	}
}

// cutFold is strings.CutPrefix without regard to case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
