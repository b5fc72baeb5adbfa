package emulator

import "time"

// JobTokenOf is the token of a job that runs as a build service.
func (s *Server) JobTokenOf(buildService string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sign(s.keys.job, claims{
		"iss": jobTokenIssuer, "nameid": buildService, "exp": s.now().Add(time.Hour).Unix(),
	})
}

var (
	TeamNameProblem = teamNameProblem
	GUIDOf          = guidOf
)
