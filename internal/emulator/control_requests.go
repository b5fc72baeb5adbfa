package emulator

import (
	"time"
)

// Request is an entry of the request log. It holds no credential and no body.
type Request struct {
	Seq        int       `json:"seq"` // from 1, without gaps; see [Server.Requests]
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Path       string    `json:"path"` // escaped, as sent
	Query      string    `json:"query"`
	Status     int       `json:"status"`     // 0: no response yet, or never
	Connection int       `json:"connection"` // from 1
	Credential string    `json:"credential"` // the kind: none, user, app, job token, pat, sas, unknown
	Fault      string    `json:"fault,omitempty"`
}

// requestLog is a ring buffer: it keeps the newest entries and does not grow.
type requestLog struct {
	ring        []Request
	added       int
	connections int
}

func newRequestLog(size int) *requestLog { return &requestLog{ring: make([]Request, size)} }

func (l *requestLog) connected() int {
	l.connections++
	return l.connections
}

func (l *requestLog) add(r Request) int {
	l.added++
	r.Seq = l.added
	l.ring[r.Seq%len(l.ring)] = r
	return r.Seq
}

// finish sets an entry's status unless newer entries have replaced it.
func (l *requestLog) finish(seq, status int) {
	if r := &l.ring[seq%len(l.ring)]; r.Seq == seq {
		r.Status = status
	}
}

// entries returns the entries after a number that the log still holds.
func (l *requestLog) entries(after int) []Request {
	first := max(1, after+1, l.added-len(l.ring)+1)
	out := make([]Request, 0, max(0, l.added-first+1))
	for seq := first; seq <= l.added; seq++ {
		out = append(out, l.ring[seq%len(l.ring)])
	}
	return out
}

// Requests returns the requests since the start or the last reset, oldest first.
// Only the newest [Options.LogSize] are kept; then the first Seq is above 1. Control
// requests (/_emulator/) are not logged.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.entries(0)
}

// Connections returns the number of connections accepted since the start or the last
// reset, including those of control requests and of failed handshakes.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.connections
}

// Counts holds how many credentials were created and how many ended since the start
// or the last reset, including those that are no longer stored. A credential that
// was created and has not ended is active or expired.
type Counts struct {
	PATs      Count `json:"pats"`
	APITokens Count `json:"apiTokens"`
}

// Count is for one type of credential.
type Count struct {
	Made  int `json:"made"`
	Ended int `json:"ended"` // revoked, deleted or replaced
}

// Counts returns the counts for all users and applications.
func (s *Server) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.counts
}
