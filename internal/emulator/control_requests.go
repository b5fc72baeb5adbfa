package emulator

import (
	"time"
)

// Request is an entry of the request log. It holds no credential and no body.
type Request struct {
	Seq        int       `json:"seq"` // counts from 1, without gaps; see [Server.Requests]
	Time       time.Time `json:"time"`
	Method     string    `json:"method"`
	Path       string    `json:"path"` // escaped, as it was sent
	Query      string    `json:"query"`
	Status     int       `json:"status"`     // 0: not answered yet, or never
	Connection int       `json:"connection"` // counts from 1
	Credential string    `json:"credential"` // its kind: none, user, app, job token, pat, sas, unknown
	Fault      string    `json:"fault,omitempty"`
}

// requestLog is a ring: the newest entries are kept, memory stays flat.
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

// finish sets an entry's status unless newer entries have taken its place.
func (l *requestLog) finish(seq, status int) {
	if r := &l.ring[seq%len(l.ring)]; r.Seq == seq {
		r.Status = status
	}
}

// entries are those that are kept of the ones after a number.
func (l *requestLog) entries(after int) []Request {
	first := max(1, after+1, l.added-len(l.ring)+1)
	out := make([]Request, 0, max(0, l.added-first+1))
	for seq := first; seq <= l.added; seq++ {
		out = append(out, l.ring[seq%len(l.ring)])
	}
	return out
}

// Requests are the requests since the start or the last reset, oldest first;
// only the newest [Options.LogSize] are kept, which a first Seq above 1 tells.
// Control requests (/_emulator/) are not among them.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.entries(0)
}

// Connections is how many connections were accepted since the start or the
// last reset, those of control requests and of failed handshakes included.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.connections
}

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
