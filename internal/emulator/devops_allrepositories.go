package emulator

import "strings"

// allRepositoryRoutes are the Git repositories of an organization, of whatever
// project: the clients that name no project ask here.
func allRepositoryRoutes() []route {
	const pattern = "/{org}/_apis/git/repositories"
	return []route{
		get(pattern, []string{"vso.code"}, listAllRepositories),
		get(pattern+"/{id}", []string{"vso.code"}, getAnyRepository),
	}
}

func listAllRepositories(c *call) reply {
	var all []repositoryWire
	for _, p := range c.org.Projects {
		if c.sees(p) {
			all = append(all, wired(p.byType[typeRepository], c.wireRepository(p))...)
		}
	}
	return listReply(all, "")
}

// getAnyRepository finds one by its id; a name is one's only within a project.
func getAnyRepository(c *call) reply {
	for _, p := range c.org.Projects {
		known := func(r *protected) bool { return strings.EqualFold(r.ID, c.param("id")) }
		if c.sees(p) && len(p.chosen(typeRepository, known)) > 0 {
			return getRepository(c, p)
		}
	}
	return c.noRepository(c.param("id"))
}
