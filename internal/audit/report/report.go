// Package report writes what an audit found: as JSON for scripts, as SARIF for
// GitHub code scanning.
//
// Both are written element by element, so that a report may be larger than memory.
// The package opens no file and knows no host.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Writer takes one resource after the other. Close ends the report; what was
// not closed is no valid report.
type Writer interface {
	Add(policy.Resource, []policy.Violation) error
	Close() error
}

// entry is a resource in the output report and in a report file. Its keys are
// what users' scripts read.
type entry struct {
	Project    string     `json:"project,omitempty"`
	Type       string     `json:"type"`
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	OpenAccess bool       `json:"openAccess"`
	Pipelines  []pipeline `json:"pipelines"`
	Violations []string   `json:"violations"`
}

type pipeline struct {
	ID           int    `json:"id"`
	Name         string `json:"name"`
	AuthorizedBy string `json:"authorizedBy"`
	AuthorizedOn string `json:"authorizedOn"`
}

// Entry is a resource as one JSON object.
func Entry(r policy.Resource, violations []policy.Violation) []byte {
	e := entry{
		Project: r.Project, Type: r.Type, ID: r.ID, Name: r.Name, OpenAccess: r.Open,
		Pipelines: make([]pipeline, len(r.Pipelines)), Violations: []string{},
	}
	for i, p := range r.Pipelines {
		e.Pipelines[i] = pipeline{p.ID, p.Name, p.By, p.On}
	}
	for _, v := range violations {
		if !v.Note {
			e.Violations = append(e.Violations, v.Text)
		}
	}
	return Encode(e)
}

// Encode is JSON in ASCII and without #: whatever the texts of v hold, a step
// that prints it prints no command of a CI host (##vso[…] counts anywhere in a
// line) and nothing that moves a terminal. v is made of what JSON always can.
func Encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v)
	text := bytes.TrimRight(b.Bytes(), "\n")
	if bytes.IndexFunc(text, isLoud) < 0 {
		return text
	}
	quiet := make([]byte, 0, len(text)+64)
	for _, r := range string(text) {
		if !isLoud(r) {
			quiet = append(quiet, byte(r))
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			quiet = fmt.Appendf(quiet, `\u%04x`, unit)
		}
	}
	return quiet
}

func isLoud(r rune) bool { return r == '#' || r > '~' }

// Bounded is a JSON array that is given up, and is empty, when it would be
// larger than Limit bytes.
type Bounded struct {
	Limit int

	text []byte
	full bool
}

// AddEntry appends a resource. One that is certainly too large is not even encoded.
func (b *Bounded) AddEntry(r policy.Resource, violations []policy.Violation) {
	least := len(b.text) + 32*len(r.Pipelines)
	for _, v := range violations {
		least += len(v.Text)
	}
	if b.full || least > b.Limit {
		b.text, b.full = nil, true
		return
	}
	b.Add(Entry(r, violations))
}

// Add appends one element, which is JSON.
func (b *Bounded) Add(element []byte) {
	if b.full || len(b.text)+len(element)+2 > b.Limit {
		b.text, b.full = nil, true
		return
	}
	before := byte(',')
	if len(b.text) == 0 {
		before = '['
	}
	b.text = append(append(b.text, before), element...)
}

// Truncated reports whether elements were left out.
func (b *Bounded) Truncated() bool { return b.full }

// String is the array.
func (b *Bounded) String() string {
	if len(b.text) == 0 {
		return "[]"
	}
	return string(b.text) + "]"
}
