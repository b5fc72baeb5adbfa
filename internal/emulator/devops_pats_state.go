package emulator

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
)

// pat is a personal access token.
type pat struct {
	id        string // authorization id
	text      string
	owner     string // the user's object id
	name      string
	scope     string
	orgs      []string // organization ids; nil means all
	validFrom time.Time
	validTo   time.Time
	revoked   bool
}

func (p *pat) servesOrganization(o *organization) bool {
	return p.orgs == nil || slices.Contains(p.orgs, o.ID)
}

// state returns active, revoked or expired, the values of displayFilterOption.
func (p *pat) state(now time.Time) string {
	switch {
	case p.revoked:
		return "revoked"
	case !now.Before(p.validTo):
		return "expired"
	}
	return "active"
}

// newPATText returns a token of the length that real ones have had since July 2024:
// 84 characters, with AZDO in the 77th to 80th. It contains FAKE, and lacks the
// other fixed part that secret scanners look for.
func newPATText() string {
	random := rand.Text() + rand.Text() + rand.Text() // 26 letters and digits each
	return "FAKEPAT" + random[:69] + "AZDO" + random[69:73]
}

// patTime formats a time as the service stores and shows it: in steps of 1/300 s
// (SQL's datetime) with 0 to 7 decimals. The samples request 23.319 and get 23.32,
// and show 52.1033333.
func patTime(t time.Time) string {
	return strings.TrimSuffix(strings.TrimRight(roundPATTime(t).UTC().Format("2006-01-02T15:04:05.0000000"), "0"), ".") + "Z"
}

func roundPATTime(t time.Time) time.Time {
	steps := (int64(t.Nanosecond())*300 + int64(time.Second)/2) / int64(time.Second)
	hundredNanos := (steps*10_000_000 + 150) / 300
	return t.Truncate(time.Second).Add(time.Duration(hundredNanos) * 100)
}

// parsePATTime accepts the time formats that .NET reads in JSON. Without a zone, the
// time is UTC.
func parsePATTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", s)
}

// patWish is a request for a PAT.
type patWish struct {
	name    string
	scope   string
	validTo time.Time
	allOrgs bool
}

func (w patWish) packagingOnly() bool {
	return !slices.ContainsFunc(fields(w.scope), func(s string) bool { return !strings.HasPrefix(s, "vso.packaging") })
}

// problem returns the patTokenError for an invalid request, or "".
func (st *state) problem(w patWish, now time.Time) string {
	switch {
	case strings.TrimSpace(w.name) == "":
		return "displayNameRequired"
	case !w.validTo.After(now) || w.validTo.After(now.AddDate(1, 0, 0)):
		return "invalidValidTo"
	case !st.validScope(w.scope):
		return "invalidScope"
	}
	return ""
}

// validScope accepts known scopes, separated by spaces. app_token must be alone.
func (st *state) validScope(scope string) bool {
	parts := fields(scope)
	unknown := func(s string) bool { return s == "app_token" && len(parts) > 1 || !st.scopes.forPATs[s] }
	return len(parts) > 0 && !slices.ContainsFunc(parts, unknown)
}

// PATPolicy is what an organization and its tenant forbid about PATs
// (azure-devops-docs, manage-pats-with-policies-for-administrators.md). The zero
// value is the default; PATs for all organizations have been retired.
type PATPolicy struct {
	AllowGlobal      bool `json:"allowGlobal" yaml:"allowGlobal"`           // as before globalPATCreationBlocked
	ForbidGlobal     bool `json:"forbidGlobal" yaml:"forbidGlobal"`         // globalPatPolicyViolation
	ForbidFullScope  bool `json:"forbidFullScope" yaml:"forbidFullScope"`   // fullScopePatPolicyViolation
	MaxDays          int  `json:"maxDays" yaml:"maxDays"`                   // longest lifetime; 0 is a year
	MinDays          int  `json:"minDays" yaml:"minDays"`                   // shortest lifetime; shorter ones are extended to it
	RefuseLonger     bool `json:"refuseLonger" yaml:"refuseLonger"`         // patLifespanPolicyViolation instead of a shorter lifetime
	RestrictCreation bool `json:"restrictCreation" yaml:"restrictCreation"` // disablePatCreationPolicyViolation
	AllowPackaging   bool `json:"allowPackaging" yaml:"allowPackaging"`     // except for packaging scopes
}

// SetPATPolicy changes what an organization forbids.
func (s *Server) SetPATPolicy(organization string, p PATPolicy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setPATPolicy(organization, p)
}

func (st *state) setPATPolicy(organization string, p PATPolicy) error {
	o := st.organization(organization)
	if o == nil {
		return fmt.Errorf("organization %q is not in the seed", organization)
	}
	o.PATPolicy = p
	return nil
}

// violation returns the patTokenError for a request that the policy forbids, or "".
func (p PATPolicy) violation(w patWish, now time.Time) string {
	packaging := p.AllowPackaging && w.packagingOnly()
	switch {
	case p.RestrictCreation && !packaging:
		return "disablePatCreationPolicyViolation"
	case w.allOrgs && p.ForbidGlobal:
		return "globalPatPolicyViolation"
	case w.allOrgs && !p.AllowGlobal:
		return "globalPATCreationBlocked"
	case p.ForbidFullScope && w.scope == "app_token":
		return "fullScopePatPolicyViolation"
	case p.RefuseLonger && w.validTo.After(p.latest(now)):
		return "patLifespanPolicyViolation"
	}
	return ""
}

// latest returns the end of the longest lifetime that the policy allows.
func (p PATPolicy) latest(now time.Time) time.Time {
	if p.MaxDays > 0 {
		return now.AddDate(0, 0, p.MaxDays)
	}
	return now.AddDate(1, 0, 0)
}

// PAT describes a personal access token, without its text, for tests and people.
type PAT struct {
	AuthorizationID string    `json:"authorizationId"`
	DisplayName     string    `json:"displayName"`
	Scope           string    `json:"scope"`
	Owner           string    `json:"owner"` // e-mail
	Organizations   []string  `json:"organizations"`
	ValidFrom       time.Time `json:"validFrom"`
	ValidTo         time.Time `json:"validTo"`
	State           string    `json:"state"` // active, revoked or expired
}

// PATs returns all PATs that were ever created here, of every user, oldest first.
func (s *Server) PATs() []PAT {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.allPATs(s.now())
}

func (st *state) allPATs(now time.Time) []PAT {
	out := []PAT{}
	for _, p := range st.pats {
		out = append(out, PAT{
			AuthorizationID: p.id, DisplayName: p.name, Scope: p.scope, Owner: st.nameOf(p.owner),
			Organizations: p.orgs, ValidFrom: p.validFrom, ValidTo: p.validTo, State: p.state(now),
		})
	}
	slices.SortFunc(out, func(a, b PAT) int { return a.ValidFrom.Compare(b.ValidFrom) })
	return out
}

// AddPAT adds a PAT of a user (e-mail or id; "" is the first user of the seed) to an
// organization without its API and policies, and returns its text.
func (s *Server) AddPAT(organization, user, scopes string, life time.Duration) (text, authorizationID string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	org := s.st.organization(organization)
	if org == nil {
		return "", "", fmt.Errorf("organization %q is not in the seed", organization)
	}
	p := s.st.addPAT(org, user, scopes, life, s.now())
	return p.text, p.id, nil
}

func (st *state) addPAT(o *organization, user, scopes string, life time.Duration, now time.Time) *pat {
	_, u := st.user(user)
	p := &pat{
		id: newGUID(), text: newPATText(), owner: u.ID, name: "made by the emulator", scope: cmp.Or(scopes, "app_token"),
		orgs: []string{o.ID}, validFrom: now, validTo: now.Add(life),
	}
	st.keepPAT(p)
	return p
}

func (st *state) keepPAT(p *pat) {
	st.pats[p.id], st.patsByText[p.text] = p, p
	st.counts.PATs.Made++
}

// maxRevoked limits the revoked PATs and deleted API tokens that are stored, so that
// creating and revoking them for days needs no more memory than for minutes. Older
// ones become unknown.
const maxRevoked = 200

func (st *state) revoke(p *pat) {
	if p.revoked {
		return
	}
	p.revoked = true
	st.counts.PATs.Ended++
	st.revoked = append(st.revoked, p)
	if len(st.revoked) > maxRevoked {
		oldest := st.revoked[0]
		delete(st.pats, oldest.id)
		delete(st.patsByText, oldest.text)
		st.revoked = slices.Delete(st.revoked, 0, 1)
	}
}
