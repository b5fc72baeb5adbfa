package emulator

import "net/http"

// projectRoutes are the read-only part of projects (vsts-rest-api-specs, core/7.1).
func projectRoutes() []route {
	return []route{
		get("/{org}/_apis/projects", coreRead(), listProjects),
		get("/{org}/_apis/projects/{project}", coreRead(), inProject(getProject)),
	}
}

// projectWire is TeamProjectReference.
type projectWire struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url"`
	State       string `json:"state"`
	// Since 3.0 at the latest; the samples are of 1.0.
	Revision       int    `json:"revision,omitempty"`
	Visibility     string `json:"visibility,omitempty"`
	LastUpdateTime string `json:"lastUpdateTime,omitempty"`
}

func (c *call) projectURL(p *project) string { return c.base() + "/_apis/projects/" + p.ID }

func (c *call) wireProject(p *project) projectWire {
	w := projectWire{ID: p.ID, Name: p.Name, Description: p.Description, URL: c.projectURL(p), State: "wellFormed"}
	if c.since(3, 0) {
		w.Revision, w.Visibility, w.LastUpdateTime = 11, "private", "2020-01-01T00:00:00Z"
	}
	return w
}

// usualProjectPage is the page size without $top. The service has one, but its value
// is not documented.
const usualProjectPage = 100

func listProjects(c *call) reply {
	var seen []projectWire
	for _, p := range c.org.Projects {
		if c.sees(p) {
			seen = append(seen, c.wireProject(p))
		}
	}
	if c.query.Has("continuationToken") || !c.query.Has("$skip") {
		return listReply(continuedByNumber(c, seen, usualProjectPage))
	}
	return listReply(window(c, seen, usualProjectPage, c.atMost(len(seen))), "")
}

func getProject(c *call, p *project) reply {
	type links map[string]map[string]string
	answer := struct {
		projectWire
		Links       links    `json:"_links"`
		DefaultTeam *teamRef `json:"defaultTeam,omitempty"`
	}{projectWire: c.wireProject(p), Links: links{
		"self":       {"href": c.projectURL(p)},
		"collection": {"href": c.base() + "/_apis/projectCollections/" + c.org.ID},
		"web":        {"href": c.base() + "/" + p.Name},
	}}
	if len(p.Teams) > 0 {
		ref := c.refTeam(p, p.Teams[0])
		answer.DefaultTeam = &ref
	}
	return jsonReply(http.StatusOK, answer)
}
