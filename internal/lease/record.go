package lease

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

var errForeign = errors.New("it is not an entry that azstep has written")

// Text returns the intent as it is stored in a journal: one line of JSON. It
// contains no percent sign, which some hosts take for the beginning of an escape.
func (in Intent) Text() (string, error) {
	text, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	return strings.ReplaceAll(string(text), "%", `\u0025`), nil
}

// Parse parses a journal entry. It rejects an entry that does not identify a
// credential, because it would look as if nothing were left to revoke.
func Parse(text string) (in Intent, err error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || d.More() {
		return Intent{}, errForeign
	}
	if in == (Intent{State: None}) {
		return in, nil
	}
	whole := in.Kind != "" && in.Base != "" && in.Name != "" && !in.Expires.IsZero() && in.Lost >= 0
	if !whole || in.State != Open && in.State != Kept && in.State != Released {
		return Intent{}, errForeign
	}
	return in, nil
}

// Nothing is the entry of a step that has minted nothing.
func Nothing() string { return `{"state":"none"}` }

// Seen takes the time of the service's clock, and reports whether everything that
// the intent created has expired. A zero time proves nothing.
func (in Intent) Seen(service time.Time) (expired bool) {
	return !service.IsZero() && service.After(in.End())
}
