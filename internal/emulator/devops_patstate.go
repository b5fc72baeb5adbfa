package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// PAT is a personal access token as a test or a person sees it: without its text.
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

// PATs are all that were ever minted here, of every user, oldest first.
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

// AddPAT puts a PAT of a user (e-mail or id, "" for the seed's first) into an
// organization, past the API and its policies. Its text is returned.
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

// maxRevoked is how many revoked PATs, and deleted API tokens, are remembered, so that minting and revoking
// for days takes no more memory than for minutes. A forgotten one is unknown.
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
