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

// Quirks selects how the services behave where no public source says what they do. A
// client has to handle every choice. The zero value is what the API descriptions
// suggest.
type Quirks struct {
	// CreatedIs201 makes POST of a team return 201 instead of the 200 of the API
	// description.
	CreatedIs201 bool `yaml:"createdIs201"`
	// UnknownResourceIs404 makes the pipeline permissions of a missing resource 404
	// instead of 200 with nobody authorized.
	UnknownResourceIs404 bool `yaml:"unknownResourceIs404"`
	// PageSize limits every page of every list that has pages, whatever the client
	// asks for; 0 means the services' own sizes.
	PageSize int `yaml:"pageSize"`
	// MaxBatch limits the resources that one request may name; a request with more
	// gets 413. 0 means no limit except a body of 1 MiB.
	MaxBatch int `yaml:"maxBatch"`
	// MaxPipelines limits the pipelines that one request may change, over all
	// resources; 0 means no limit.
	MaxPipelines int `yaml:"maxPipelines"`
}

// SetQuirks changes how the services behave.
func (s *Server) SetQuirks(q Quirks) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.quirks = q
}

// atMost returns n, or the largest page size that the quirks allow.
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

// decodeOptions decodes the body of a control request like the seed (JSON is YAML):
// durations are strings such as "90s", and unknown keys are errors.
func (c *call) decodeOptions(into any) error {
	d := yaml.NewDecoder(bytes.NewReader(c.body))
	d.KnownFields(true)
	return d.Decode(into)
}

// RateLimit makes Azure DevOps count each caller's requests (azure-devops-docs,
// docs/integrate/concepts/rate-limits.md). The real service counts work instead of
// requests and has other limits; a client cannot see the difference.
type RateLimit struct {
	Requests int           `yaml:"requests"` // per caller and window, then 429; 0 means no limit
	Window   time.Duration `yaml:"window"`   // starts with the first request; 0 means 5 minutes
	// WarnBelow adds the X-RateLimit headers to responses with status 200 as soon as
	// fewer requests are left, and Retry-After if it is set.
	WarnBelow int `yaml:"warnBelow"`
	// RetryAfter is the wait that the headers ask for; 0 means until the window
	// ends, and only with 429.
	RetryAfter time.Duration `yaml:"retryAfter"`
}

// SetRateLimit sets another limit and starts counting again.
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

// usage is the number of requests that a caller sent in a window.
type usage struct {
	ends time.Time
	sent int
}

// countRequest rejects a call that exceeds the limit.
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
	// The message comes from the documentation, the envelope from vscode#124273.
	return ended(c.vssError(http.StatusTooManyRequests, vssProblem{
		message: "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource 'Concurrency' in namespace 'User'.",
		typeKey: "RequestBlockedException", namespace: frameworkServer,
	}))
}

// usageHeaders adds the headers that warn of a limit or say how long it lasts.
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
