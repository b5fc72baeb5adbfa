package emulator

import "fmt"

// person is whoever the services name: a user, a service principal, a build
// service.
type person struct{ id, name, uniqueName string }

func (c *call) person(id string) person {
	for _, t := range c.tenants {
		for _, u := range t.Users {
			if u.ID == id {
				return person{id, u.Name, u.Email}
			}
		}
		for _, a := range t.Applications {
			if a.ObjectID == id {
				return person{id, a.Name, t.ID + "\\" + a.ObjectID}
			}
		}
	}
	for _, p := range c.org.Projects {
		if p.BuildService == id {
			return person{id, fmt.Sprintf("%s Build Service (%s)", p.Name, c.org.Name), "Build\\" + id}
		}
	}
	if c.org.BuildService == id {
		return person{id, fmt.Sprintf("Project Collection Build Service (%s)", c.org.Name), "Build\\" + id}
	}
	return person{id, id, id}
}

// base is the address of the organization, without a slash at its end.
func (c *call) base() string { return c.server.url + "/" + c.org.Name }

func (c *call) identityURL(id string) string { return c.base() + "/_apis/Identities/" + id }

// identityRef is IdentityRef, as far as the samples of permissions have it.
type identityRef struct {
	DisplayName string `json:"displayName"`
	ID          string `json:"id"`
	UniqueName  string `json:"uniqueName"`
	Descriptor  string `json:"descriptor"`
}

func (c *call) identityRef(id string) *identityRef {
	p := c.person(id)
	return &identityRef{p.name, p.id, p.uniqueName, "aad.FAKE-" + p.id}
}
