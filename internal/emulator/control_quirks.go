package emulator

import (
	"bytes"

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
