package emulator

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"
)

// Quirks choose between behaviours of the services where no public source says
// which is theirs. A client has to bear all of them. The zero value is what the
// API descriptions suggest.
type Quirks struct {
	// CreatedIs201: POST of a team answers 201, not the 200 of the API description.
	CreatedIs201 bool `yaml:"createdIs201"`
	// UnknownResourceIs404: the pipeline permissions of a resource that is not
	// there are 404, not 200 with nobody authorized.
	UnknownResourceIs404 bool `yaml:"unknownResourceIs404"`
	// PageSize is the most that one page of any list that has pages holds,
	// whatever was asked for; 0 means the services' own sizes.
	PageSize int `yaml:"pageSize"`
	// MaxBatch is how many resources one request may name that takes several:
	// more are 413. 0 is any number, as far as a body of 1 MiB goes.
	MaxBatch int `yaml:"maxBatch"`
	// MaxPipelines is how many pipelines one request may change, in all; 0 is any
	// number.
	MaxPipelines int `yaml:"maxPipelines"`
}

// SetQuirks changes how the services behave from now on.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.quirks = q
}

// atMost is n, or the largest page that the quirks allow.
func (st *state) atMost(n int) int {
	if st.quirks.PageSize > 0 {
		return min(n, st.quirks.PageSize)
	}
	return n
}

// controlQuirks takes [Quirks]: {"createdIs201":true}.
func controlQuirks(c *call) reply {
	var q Quirks
	if err := c.decodeOptions(&q); err != nil {
		return badControl(err)
	}
	c.quirks = q
	return noContent()
}

// decodeOptions reads the body of a control request as the seed is read (JSON is
// YAML): durations are texts such as "90s", and what is misspelt is refused.
func (c *call) decodeOptions(into any) error {
	d := yaml.NewDecoder(bytes.NewReader(c.body))
	d.KnownFields(true)
	return d.Decode(into)
}

// RateLimit makes Azure DevOps count what each caller sends
// (azure-devops-docs, docs/integrate/concepts/rate-limits.md). The service counts
// work and not requests, and has other numbers; a client can tell neither.
type RateLimit struct {
	Requests int           `yaml:"requests"` // of one caller in a window, then 429; 0: no limit
	Window   time.Duration `yaml:"window"`   // from the first request on; 0 means 5 minutes
	// WarnBelow: with fewer requests left, answers have the X-RateLimit headers,
	// and with RetryAfter that header, too, though they are 200.
	WarnBelow int `yaml:"warnBelow"`
	// RetryAfter is what the headers ask for; 0: until the window ends, and only
	// with 429.
	RetryAfter time.Duration `yaml:"retryAfter"`
}

// SetRateLimit starts to count anew, under another limit.
func (s *Server) SetRateLimit(l RateLimit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.setRateLimit(l)
}

func (st *state) setRateLimit(l RateLimit) { st.limit, st.usages = l, map[string]*usage{} }

// controlRateLimit takes a [RateLimit]: {"requests":10,"window":"30s"}.
func controlRateLimit(c *call) reply {
	var l RateLimit
	if err := c.decodeOptions(&l); err != nil {
		return badControl(err)
	}
	c.setRateLimit(l)
	return noContent()
}

// usage is what a caller has sent in a window.
type usage struct {
	ends time.Time
	sent int
}

// countRequest ends the call when it is one too many.
func (c *call) countRequest() *reply {
	if c.limit.Requests <= 0 {
		return nil
	}
	c.usage = c.usages[c.who.id]
	if c.usage == nil || !c.now.Before(c.usage.ends) {
		c.usage = &usage{ends: c.now.Add(cmp.Or(c.limit.Window, 5*time.Minute))}
		c.usages[c.who.id] = c.usage
	}
	c.usage.sent++
	if c.usage.sent <= c.limit.Requests {
		return nil
	}
	// The message is the documentation's, its envelope that of vscode#124273.
	return ended(c.vssError(http.StatusTooManyRequests, vssProblem{
		message: "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'.",
		typeKey: "RequestBlockedException", namespace: frameworkServer,
	}))
}

// usageHeaders warns of a limit that is near, or says how long it lasts.
func (c *call) usageHeaders(r *reply) {
	if c.usage == nil {
		return
	}
	left := c.limit.Requests - c.usage.sent
	blocked := left < 0
	if !blocked && left >= c.limit.WarnBelow {
		return
	}
	pause := c.limit.RetryAfter
	if blocked {
		pause = cmp.Or(pause, c.usage.ends.Sub(c.now))
	}
	if pause > 0 {
		r.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(pause.Seconds()))))
	}
	r.header.Set("X-RateLimit-Resource", "AzureDevOps/Concurrency")
	r.header.Set("X-RateLimit-Delay", strconv.FormatFloat(pause.Seconds(), 'f', -1, 64))
	r.header.Set("X-RateLimit-Limit", strconv.Itoa(c.limit.Requests))
	r.header.Set("X-RateLimit-Remaining", strconv.Itoa(max(0, left)))
	r.header.Set("X-RateLimit-Reset", strconv.FormatInt(c.usage.ends.Unix(), 10))
}
