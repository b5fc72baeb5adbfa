package lease

import "time"

// Intent is what must be known to find and revoke a credential if the response to
// its creation is lost. It holds no secret. Its JSON form is the journal's entry.
type Intent struct {
	Kind    string    `json:"kind,omitempty"`   // "pat" or "iot-token"; "" where State is None
	Base    string    `json:"base,omitempty"`   // the API's base URL
	Name    string    `json:"name,omitempty"`   // a PAT's unique display name, or an API token's id
	ID      string    `json:"id,omitempty"`     // id for Revoke, once known
	Expires time.Time `json:"expires,omitzero"` // as requested; its milliseconds mark an API token
	// Until is the expiry that the service set, if it is later than Expires.
	Until time.Time `json:"until,omitzero"`
	// Shared says that another credential may have the same name, because a user
	// chose it.
	Shared bool `json:"shared,omitempty"`
	// Lost counts requests whose response was lost: each may have created a
	// credential that ID does not identify.
	Lost   int      `json:"lost,omitempty"`
	State  State    `json:"state,omitempty"`
	Access Identity `json:"access,omitzero"`
	// Outlive says that a delivered credential stays valid after the job.
	Outlive bool `json:"-"`
}

// End returns the time at which every credential of this intent has expired.
func (in Intent) End() time.Time {
	if in.Until.After(in.Expires) {
		return in.Until
	}
	return in.Expires
}

// Over reports whether the intent has nothing left to revoke.
func (in Intent) Over() bool {
	return in.State == None || in.State == Released || in.State == Kept && in.Lost == 0
}

// State is the state of an intent.
type State string

// Open: a credential may be valid, and post must revoke it. Kept: the credential was
// delivered for longer than the job. Released: no credential of the intent is valid.
// None: the step has minted nothing.
const (
	Open     State = ""
	Kept     State = "kept"
	Released State = "released"
	None     State = "none"
)

// Identity says how to authenticate again: names and addresses, no secret. It grants
// nothing: the inputs of the process that authenticates decide whether a credential
// may be sent there.
type Identity struct {
	Auth                string `json:"auth"`
	TenantID            string `json:"tenantId,omitempty"`
	ClientID            string `json:"clientId,omitempty"`
	ServiceConnectionID string `json:"serviceConnectionId,omitempty"`
	AuthorityHost       string `json:"authorityHost,omitempty"`
	Audience            string `json:"audience,omitempty"` // of assertions, if the user set one
}
