package lease

import "time"

// Intent is what must be known to find and revoke a credential whose birth
// nobody saw. It holds no secret. As JSON it is the journal's entry.
type Intent struct {
	Kind    string    `json:"kind,omitempty"`   // "pat" or "iot-token"; "" where State is None
	Base    string    `json:"base,omitempty"`   // the API's base URL
	Name    string    `json:"name,omitempty"`   // a PAT's unique display name, or an API token's id
	ID      string    `json:"id,omitempty"`     // what Revoke takes, once known
	Expires time.Time `json:"expires,omitzero"` // as requested; its milliseconds mark an API token
	// Until is the end that the service gave, where it is later than Expires.
	Until time.Time `json:"until,omitzero"`
	// Shared says that the name may be somebody else's, too: a user chose it.
	Shared bool `json:"shared,omitempty"`
	// Lost counts requests whose answer was lost: each may have made a
	// credential that ID does not name.
	Lost   int      `json:"lost,omitempty"`
	State  State    `json:"state,omitempty"`
	Access Identity `json:"access,omitzero"`
	// Outlive says that a delivered credential is to live on after the job.
	Outlive bool `json:"-"`
}

// End is when everything that this intent made has expired.
func (in Intent) End() time.Time {
	if in.Until.After(in.Expires) {
		return in.Until
	}
	return in.Expires
}

// Over reports whether nothing of the intent is left to release.
func (in Intent) Over() bool {
	return in.State == None || in.State == Released || in.State == Kept && in.Lost == 0
}

// State says what became of an intent.
type State string

// An open intent may have a live credential, which post must release. A kept
// one was delivered for longer than the job. Of a released one nothing lives.
// None is the state of a step that has minted nothing.
const (
	Open     State = ""
	Kept     State = "kept"
	Released State = "released"
	None     State = "none"
)

// Identity is the way to authenticate again: names and addresses, no secret. It
// names them and grants nothing: whether a credential may go there is decided by
// the inputs of whoever sends it.
type Identity struct {
	Auth                string `json:"auth"`
	TenantID            string `json:"tenantId,omitempty"`
	ClientID            string `json:"clientId,omitempty"`
	ServiceConnectionID string `json:"serviceConnectionId,omitempty"`
	AuthorityHost       string `json:"authorityHost,omitempty"`
	Audience            string `json:"audience,omitempty"` // of assertions, where the user named one
}
