package emulator

// Counts are the credentials that were made and ended since the start or the last
// reset, the forgotten ones too: what is made and has not ended lives, or expired.
type Counts struct {
	PATs      Count `json:"pats"`
	APITokens Count `json:"apiTokens"`
}

// Count is of one kind of credential.
type Count struct {
	Made  int `json:"made"`
	Ended int `json:"ended"` // by whoever revoked, deleted or replaced them
}

// Counts of all users and applications.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.counts
}
