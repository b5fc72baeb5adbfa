package emulator

import "fmt"

// EntraPolicy is what a tenant's administrators switched on. The zero value
// refuses nobody.
type EntraPolicy struct {
	ConditionalAccess bool `json:"conditionalAccess" yaml:"conditionalAccess"` // AADSTS53003, applications too
	RequireMFA        bool `json:"requireMFA" yaml:"requireMFA"`               // AADSTS50076
	WithdrawConsent   bool `json:"withdrawConsent" yaml:"withdrawConsent"`     // AADSTS65001
	DisableUsers      bool `json:"disableUsers" yaml:"disableUsers"`           // AADSTS50057
	RevokeSessions    bool `json:"revokeSessions" yaml:"revokeSessions"`       // AADSTS50173, of every refresh token
	SignInFrequency   bool `json:"signInFrequency" yaml:"signInFrequency"`     // AADSTS70043, of every refresh token
	BlockDeviceCode   bool `json:"blockDeviceCode" yaml:"blockDeviceCode"`     // AADSTS530033, the device code flow alone
	// DevicePolls is how often a device code flow is told to wait before it is
	// approved by itself; -1 waits for [Server.ApproveDevice].
	DevicePolls int `json:"devicePolls" yaml:"devicePolls"`
}

// SetEntraPolicy changes what a tenant (id or domain) refuses from now on.
func (s *Server) SetEntraPolicy(tenant string, p EntraPolicy) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.setEntraPolicy(tenant, p)
}

func (st *state) setEntraPolicy(tenant string, p EntraPolicy) error {
	t := st.findTenant(tenant)
	if t == nil {
		return fmt.Errorf("tenant %q is not in the seed", tenant)
	}
	t.Policy = p
	return nil
}

// refusesApplications is why an application gets no token, or nil.
func (p EntraPolicy) refusesApplications() *aadsts {
	if p.ConditionalAccess {
		return ref(blockedByConditionalAccess())
	}
	return nil
}

// refusesUsers is why a user gets no token, or nil.
func (p EntraPolicy) refusesUsers(app *application, r resource) *aadsts {
	switch {
	case p.DisableUsers:
		return ref(disabledUser())
	case p.WithdrawConsent:
		return ref(noConsent(app))
	case p.RequireMFA:
		return ref(needsMFA(r.audience))
	case p.ConditionalAccess:
		return ref(blockedByConditionalAccess())
	}
	return nil
}

// refusesSessions is why a refresh token that is whole works no more, or nil.
func (p EntraPolicy) refusesSessions() *aadsts {
	switch {
	case p.RevokeSessions:
		return ref(revokedSession())
	case p.SignInFrequency:
		return ref(tooOldSignIn())
	}
	return nil
}
