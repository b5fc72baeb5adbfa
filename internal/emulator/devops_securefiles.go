package emulator

import "net/http"

// secureFileRoutes are the secure files of distributedTask/7.2, where alone they
// are documented; their list has no pages.
func secureFileRoutes() []route {
	return getBoth("/{org}/{project}/_apis/distributedtask/securefiles", "vso.securefiles_read", listSecureFiles, getSecureFile)
}

// secureFileWire is SecureFile.
type secureFileWire struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Properties map[string]string `json:"properties"`
	audit
}

func (c *call) wireSecureFile(r *protected) secureFileWire {
	return secureFileWire{r.ID, r.Name, map[string]string{}, c.audit()}
}

func listSecureFiles(c *call, p *project) reply {
	return listReply(wired(p.chosen(typeSecureFile, func(r *protected) bool {
		return c.like("namePattern", r.Name) && c.inList("secureFileNames", r.Name) && c.inList("secureFileIds", r.ID)
	}), c.wireSecureFile), "")
}

func getSecureFile(c *call, p *project) reply {
	r := p.find(typeSecureFile, c.param("id"))
	if r == nil {
		return c.notFound("Microsoft.TeamFoundation.DistributedTask.WebApi", "SecureFileNotFoundException",
			"Secure file with ID %s does not exist.", c.param("id"))
	}
	return jsonReply(http.StatusOK, c.wireSecureFile(r))
}
