package emulator

import (
	"fmt"
	"time"
)

// PATPolicy is what an organization and its tenant forbid about PATs
// (azure-devops-docs, manage-pats-with-policies-for-administrators.md). The zero
// value is what holds by default; PATs for all organizations have been retired.
type PATPolicy struct {
	AllowGlobal      bool `json:"allowGlobal" yaml:"allowGlobal"`           // the time before globalPATCreationBlocked
	ForbidGlobal     bool `json:"forbidGlobal" yaml:"forbidGlobal"`         // globalPatPolicyViolation
	ForbidFullScope  bool `json:"forbidFullScope" yaml:"forbidFullScope"`   // fullScopePatPolicyViolation
	MaxDays          int  `json:"maxDays" yaml:"maxDays"`                   // longest life; 0 is a year
	RefuseLonger     bool `json:"refuseLonger" yaml:"refuseLonger"`         // patLifespanPolicyViolation, not a shorter life
	RestrictCreation bool `json:"restrictCreation" yaml:"restrictCreation"` // disablePatCreationPolicyViolation
	AllowPackaging   bool `json:"allowPackaging" yaml:"allowPackaging"`     // but for packaging scopes
}

// SetPATPolicy changes what an organization forbids from now on.
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

// violation is the patTokenError of a wish that the policy forbids, or "".
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

// latest is the end of the longest life that the policy allows.
func (p PATPolicy) latest(now time.Time) time.Time {
	if p.MaxDays > 0 {
		return now.AddDate(0, 0, p.MaxDays)
	}
	return now.AddDate(1, 0, 0)
}
