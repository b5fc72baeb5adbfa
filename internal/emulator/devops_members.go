package emulator

import "slices"

// memberWire is TeamMember.
type memberWire struct {
	IsTeamAdmin bool        `json:"isTeamAdmin"`
	Identity    memberIdent `json:"identity"`
}

// memberIdent is IdentityRef, as far as the samples of members have it.
type memberIdent struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
	UniqueName  string `json:"uniqueName"`
	URL         string `json:"url"`
	ImageURL    string `json:"imageUrl"`
}

func listMembers(c *call, _ *project, t *team) reply {
	members := make([]memberWire, len(t.Members))
	for i, id := range t.Members {
		p := c.person(id)
		members[i] = memberWire{slices.Contains(t.Admins, id), memberIdent{
			ID: p.id, DisplayName: p.name, UniqueName: p.uniqueName, URL: c.identityURL(id),
			ImageURL: c.base() + "/_api/_common/identityImage?id=" + id,
		}}
	}
	return listReply(window(c, members, usualTeamPage, c.atMost(len(members))), "")
}
