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

// StateKey is the one key of what a step keeps where no other step can write: the
// state of a GitHub action, a task variable. It is fixed, because of a key that the
// main step did not write the runner hands back whatever another step of the job has
// set in its place (actions/runner ActionRunner.cs lays the state over the
// environment of the job).
const StateKey = "AZSTEP"

// leasePrefix begins the names of what is kept beside what others keep; 8 hex
// digits follow.
const leasePrefix = "AZSTEP_LEASE_"

// journal keeps what a later azstep of the job must know.
type journal interface {
	// keeper says what kind of place this is.
	keeper() Keeper
	// write makes a value durable; a later one of the same key replaces it.
	write(key, value string) error
	// read returns what earlier steps wrote.
	read() Saved
}

// Keeper is the kind of place where a host keeps what `azstep post` needs.
type Keeper int

// The kinds of places.
const (
	Nowhere      Keeper = iota // a laptop without AZSTEP_STATE_FILE
	OwnState                   // one value, which no other step can set, under StateKey
	JobVariables               // variables, which every step of the job can set
	StateFile                  // a file of the user's alone
)

// Saved is what earlier azsteps of the job kept.
type Saved struct {
	// Entries are in a stable order: as they were written first in a file, by name
	// elsewhere.
	Entries []Entry
	// Problems are what is there and is not what azstep writes: empty, misspelt,
	// unreadable. A credential may be behind each.
	Problems []error
	// Notes are worth a warning: nothing can be behind them.
	Notes []string
}

// Entry is one value that was kept.
type Entry struct{ Key, Value string }

// Keeper says where this host keeps what `azstep post` needs.
func (h *Host) Keeper() Keeper { return h.dialect.journal().keeper() }

// Save keeps a value, one line of JSON without a secret, for a later azstep of
// the job. It is durable when Save returns nil; saving a key again replaces its
// value. Names are AZSTEP_LEASE_ and 8 hex digits; where the keeper is OwnState,
// StateKey stands for all of them. The error is output-failed.
func (h *Host) Save(key, value string) error {
	err := h.Err()
	switch {
	case err != nil:
	case !isLease(key) && key != StateKey:
		err = fmt.Errorf("%q is not the name of a record", key)
	case strings.ContainsAny(value, "\r\n"):
		err = errors.New("the value has several lines")
	case h.opts.Masks.Clean(value) != value:
		return unrecorded(errors.New("it holds a secret")).
			With("keep credentials out of the inputs that name things (organization, display-name, token-id and the like): azstep writes them down for the clean-up at the end of the job")
	default:
		err = h.dialect.journal().write(key, value)
	}
	if err != nil {
		return unrecorded(err)
	}
	return nil
}

// Begin writes the first value of a state that is this step's own, before anything
// can fail, so that a post step never reads what another step has set in its place.
// An error is not worth a word here: whoever mints saves once more, and is told.
func (h *Host) Begin(value string) {
	if j := h.dialect.journal(); j.keeper() == OwnState {
		_ = j.write(StateKey, value)
	}
}

// Saved reads what earlier azsteps of the job kept.
func (h *Host) Saved() Saved { return h.dialect.journal().read() }

func unrecorded(err error) *fault.Error {
	f := fault.New(fault.OutputFailed, "record what must be revoked later: %w", err)
	if why, ok := errors.AsType[*fault.Error](err); ok {
		f.Hints = why.Hints
	}
	return f
}

// ownState is state of this step alone. variable is how it comes back.
type ownState struct {
	env      map[string]string
	variable string
	// sure says that this is an action for certain, rather than by its variables.
	sure bool
	put  func(key, value string) error
}

func (ownState) keeper() Keeper                { return OwnState }
func (o ownState) write(_, value string) error { return o.put(StateKey, value) }

func (o ownState) read() (all Saved) {
	for name, value := range o.env {
		// Windows keeps the case in which a variable was set first, by whomever.
		if name == o.variable || runtime.GOOS == "windows" && strings.EqualFold(name, o.variable) {
			all.Entries = []Entry{{StateKey, value}}
		}
	}
	if len(all.Entries) == 0 && !o.sure {
		all.Problems = o.ambiguous()
	}
	return all
}

// ambiguous finds what speaks for a run: step, in which another step of the job has
// set INPUT_OPERATION.
func (o ownState) ambiguous() []error {
	for _, name := range slices.Sorted(maps.Keys(o.env)) {
		if hasPrefixFold(name, leasePrefix) {
			return []error{fault.New(fault.RevokeFailed, "INPUT_OPERATION is set, as in a uses: step, but this step has no state, and %s is set, as in a run: step", name).
				With("remove INPUT_OPERATION from the environment of the job and run `azstep post` again")}
		}
	}
	return nil
}

// jobVariables are variables of the job. Steps see them as environment.
type jobVariables struct {
	env map[string]string
	// upper says that the host writes their names in capitals.
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

// reader sorts what was kept from what was not.
type reader struct {
	Saved
	seen map[string]string // name in lower case to value
}

func (r *reader) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fault.New(fault.RevokeFailed, format, args...).With(
		"find the step that sets this variable and remove it, then check by hand what earlier steps minted"))
}

func (r *reader) variable(name, value string, upper bool) {
	id := strings.ToLower(strings.TrimPrefix(name, leasePrefix))
	key := leasePrefix + id
	switch spelled := name == key || upper && name == leasePrefix+strings.ToUpper(id); {
	case strings.EqualFold(value, "$("+name+")"): // a macro of Azure Pipelines that names itself
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

// isLease reports whether a name is one that azstep gives.
func isLease(name string) bool {
	id, ok := strings.CutPrefix(name, leasePrefix)
	return ok && len(id) == 8 && strings.Trim(id, "0123456789abcdef") == ""
}

// hasPrefixFold is strings.HasPrefix without regard to case.
func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
