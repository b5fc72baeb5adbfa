package emulator

import (
	"net/http"
	"net/url"
	"strings"
)

// repositoryRoutes are the Git repositories of git/7.1. Their list has no pages and
// no filter by name. A repository can be read by its id or name.
func repositoryRoutes() []route {
	return getBoth("/{org}/{project}/_apis/git/repositories", "vso.code", listRepositories, getRepository)
}

// repositoryWire is GitRepository.
type repositoryWire struct {
	ID              string      `json:"id"`
	Name            string      `json:"name"`
	URL             string      `json:"url"`
	Project         projectWire `json:"project"`
	DefaultBranch   string      `json:"defaultBranch"`
	Size            int         `json:"size"`
	RemoteURL       string      `json:"remoteUrl"`
	SSHURL          string      `json:"sshUrl"`
	WebURL          string      `json:"webUrl"`
	IsDisabled      bool        `json:"isDisabled"`
	IsInMaintenance bool        `json:"isInMaintenance"`
}

func (c *call) wireRepository(p *project) func(*protected) repositoryWire {
	return func(r *protected) repositoryWire {
		web := c.base() + "/" + url.PathEscape(p.Name) + "/_git/" + url.PathEscape(r.Name)
		return repositoryWire{
			ID: r.ID, Name: r.Name, URL: c.base() + "/" + p.ID + "/_apis/git/repositories/" + r.ID, Project: c.wireProject(p),
			DefaultBranch: "refs/heads/main", Size: 728, RemoteURL: web, WebURL: web,
			SSHURL: "git@ssh.invalid:v3/" + c.org.Name + "/" + url.PathEscape(p.Name) + "/" + url.PathEscape(r.Name),
		}
	}
}

func listRepositories(c *call, p *project) reply {
	all := p.chosen(typeRepository, func(*protected) bool { return true })
	return listReply(wired(all, c.wireRepository(p)), "")
}

func getRepository(c *call, p *project) reply {
	wanted := c.param("id")
	for _, r := range p.chosen(typeRepository, func(r *protected) bool {
		return strings.EqualFold(r.ID, wanted) || strings.EqualFold(r.Name, wanted)
	}) {
		return jsonReply(http.StatusOK, c.wireRepository(p)(r))
	}
	return c.noRepository(wanted)
}

func (c *call) noRepository(wanted string) reply {
	return c.notFound("Microsoft.TeamFoundation.Git.Server", "GitRepositoryNotFoundException",
		"TF401019: The Git repository with name or identifier %s does not exist or you do not have permissions for the operation you are attempting.", wanted)
}

// allRepositoryRoutes are the Git repositories of all projects of an organization,
// for clients that do not name a project.
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

// getAnyRepository finds a repository by its id. Names are unique only within a
// project.
func getAnyRepository(c *call) reply {
	for _, p := range c.org.Projects {
		known := func(r *protected) bool { return strings.EqualFold(r.ID, c.param("id")) }
		if c.sees(p) && len(p.chosen(typeRepository, known)) > 0 {
			return getRepository(c, p)
		}
	}
	return c.noRepository(c.param("id"))
}
