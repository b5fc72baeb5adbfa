package emulator

import (
	"fmt"
	"time"
)

// ProjectJobToken is [Server.JobToken] for a job whose authorization scope is
// limited to its project: it runs as the project's build service, and other
// projects do not exist for it.
func (s *Server) ProjectJobToken(organization, project string, life time.Duration) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.st.findProject(organization, project)
	if err != nil {
		return "", err
	}
	if p.BuildService == "" {
		return "", fmt.Errorf("project %q has no build service in the seed", project)
	}
	as := *s.st.organization(organization)
	as.BuildService = p.BuildService
	return s.jobToken(&as, life), nil
}

// findProject is for tests and control requests, which want to know what is wrong.
func (st *state) findProject(organization, name string) (*project, error) {
	o := st.organization(organization)
	if o == nil {
		return nil, fmt.Errorf("organization %q is not in the seed", organization)
	}
	if p := o.project(name); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("project %q is not in the organization %q", name, organization)
}
