package host

import (
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// StateKey is the only key for values that no other step can write: the state of a
// GitHub action, or a task variable. It is fixed because for a key that the main
// step did not write, the runner returns whatever another step of the job has set
// under that name (actions/runner ActionRunner.cs puts the state on top of the job's
// environment).
const StateKey = "AZSTEP"

// leasePrefix begins the names of values stored where other steps also store theirs;
// 8 hex digits follow.
const leasePrefix = "AZSTEP_LEASE_"

// journal stores what a later azstep of the job must know.
type journal interface {
	// keeper returns the kind of storage.
	keeper() Keeper
	// write stores a value durably; a later value for the same key replaces it.
	write(key, value string) error
	// read returns what earlier steps stored.
	read() Saved
}

// Keeper is the kind of storage in which a host keeps what `azstep post` needs.
type Keeper int

// The kinds of storage.
const (
	Nowhere      Keeper = iota // a laptop without AZSTEP_STATE_FILE
	OwnState                   // one value under StateKey, which no other step can set
	JobVariables               // variables, which every step of the job can set
	StateFile                  // a file that only the user can access
)

// Saved is what earlier runs of azstep in the job stored.
type Saved struct {
	// Entries are in a stable order: by first write in a file, otherwise by name.
	Entries []Entry
	// Problems are values that azstep did not write like this: empty, misspelled,
	// unreadable. Each may stand for a credential.
	Problems []error
	// Notes are worth a warning, but cannot stand for a credential.
	Notes []string
}

// Entry is one stored value.
type Entry struct{ Key, Value string }

// Keeper returns the kind of storage on this host.
func (h *Host) Keeper() Keeper { return h.dialect.journal().keeper() }

// Save stores a value, one line of JSON without a secret, for a later azstep of the
// job. It is durable when Save returns nil. Saving a key again replaces its value.
// Keys are AZSTEP_LEASE_ and 8 hex digits; with OwnState, StateKey replaces all of
// them. The error is output-failed.
func (h *Host) Save(key, value string) error {
	err := h.Err()
	switch {
	case err != nil:
	case !isLease(key) && key != StateKey:
		err = fmt.Errorf("%q is not the name of a record", key)
	case strings.ContainsAny(value, "\r\n"):
		err = errors.New("the value has several lines")
	case h.opts.Masks.Clean(value) != value:
		return unrecorded(errors.New("it contains a secret")).
			With("keep credentials out of the inputs that name things (organization, display-name, token-id and the like): azstep records them for the clean-up at the end of the job")
	default:
		err = h.dialect.journal().write(key, value)
	}
	if err != nil {
		return unrecorded(err)
	}
	return nil
}

// Begin writes the first value of a step's own state before anything can fail, so
// that a post step never reads what another step has set instead. It ignores errors,
// because a step that mints saves again and reports them.
func (h *Host) Begin(value string) {
	if j := h.dialect.journal(); j.keeper() == OwnState {
		_ = j.write(StateKey, value)
	}
}

// Saved returns what earlier runs of azstep in the job stored.
func (h *Host) Saved() Saved { return h.dialect.journal().read() }

func unrecorded(err error) *fault.Error {
	f := fault.New(fault.OutputFailed, "record what must be revoked later: %w", err)
	if why, ok := errors.AsType[*fault.Error](err); ok {
		f.Hints = why.Hints
	}
	return f
}

// ownState is state that belongs to this step alone. variable is the variable in
// which it is returned.
type ownState struct {
	env      map[string]string
	variable string
	// sure says that this certainly is an action; otherwise only its variables
	// suggest it.
	sure bool
	put  func(key, value string) error
}

func (ownState) keeper() Keeper                { return OwnState }
func (o ownState) write(_, value string) error { return o.put(StateKey, value) }

func (o ownState) read() (all Saved) {
	for name, value := range o.env {
		// Windows keeps the case in which a variable was first set, by any program.
		if name == o.variable || runtime.GOOS == "windows" && strings.EqualFold(name, o.variable) {
			all.Entries = []Entry{{StateKey, value}}
		}
	}
	if len(all.Entries) == 0 && !o.sure {
		all.Problems = o.ambiguous()
	}
	return all
}

// ambiguous finds signs of a run: step in which another step of the job has set
// INPUT_OPERATION.
func (o ownState) ambiguous() []error {
	for _, name := range slices.Sorted(maps.Keys(o.env)) {
		if hasPrefixFold(name, leasePrefix) {
			return []error{fault.New(fault.RevokeFailed, "INPUT_OPERATION is set, as in a uses: step, but this step has no state, and %s is set, as in a run: step", name).
				With("remove INPUT_OPERATION from the environment of the job and run `azstep post` again")}
		}
	}
	return nil
}

// jobVariables are variables of the job, which steps see in their environment.
type jobVariables struct {
	env map[string]string
	// upper says that the host converts their names to capitals.
	upper bool
	put   func(key, value string) error
}

func (jobVariables) keeper() Keeper                  { return JobVariables }
func (v jobVariables) write(key, value string) error { return v.put(key, value) }

func (v jobVariables) read() Saved {
	all := reader{seen: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(v.env)) {
		if hasPrefixFold(name, leasePrefix) {
			all.variable(name, v.env[name], v.upper)
		}
	}
	return all.Saved
}

// reader separates stored values from others.
type reader struct {
	Saved
	seen map[string]string // value by name in lower case
}

func (r *reader) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fault.New(fault.RevokeFailed, format, args...).With(
		"find the step that sets this variable and remove it, then check manually what earlier steps minted"))
}

func (r *reader) variable(name, value string, upper bool) {
	id := strings.ToLower(strings.TrimPrefix(name, leasePrefix))
	key := leasePrefix + id
	switch spelled := name == key || upper && name == leasePrefix+strings.ToUpper(id); {
	case strings.EqualFold(value, "$("+name+")"): // an unexpanded macro of Azure Pipelines
		r.Notes = append(r.Notes, fmt.Sprintf("the variable %s is not set: its value is %s", name, value))
	case !isLease(key) || !spelled:
		r.problem("the variable %s is not one that azstep sets: their names are AZSTEP_LEASE_ and 8 hex digits", name)
	case value == "":
		r.problem("the variable %s is empty: what an earlier step recorded there is lost", name)
	case r.seen[key] == value:
	default:
		if _, twice := r.seen[key]; twice {
			r.problem("the variable %s exists twice, with different values", name)
		}
		r.seen[key] = value
		r.Entries = append(r.Entries, Entry{key, value})
	}
}

// isLease reports whether azstep may have chosen the name.
func isLease(name string) bool {
	id, ok := strings.CutPrefix(name, leasePrefix)
	return ok && len(id) == 8 && strings.Trim(id, "0123456789abcdef") == ""
}

// hasPrefixFold is strings.HasPrefix, ignoring case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
