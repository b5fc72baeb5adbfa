// Package report writes what an audit found: JSON for scripts, SARIF for GitHub code
// scanning, and an HTML page for people.
//
// All formats are written element by element, so that a report may be larger than
// the memory. The package opens no file and knows no host.
package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf16"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Writer writes resources one by one. Close completes the report; until then it is
// not valid.
type Writer interface {
	Add(policy.Resource, []policy.Violation) error
	Close() error
}

// entry is a resource in the output report and in a JSON report file. Users' scripts
// read its keys, so they are stable.
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

// Entry returns a resource as one JSON object.
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

// Encode returns v as JSON in ASCII, without any #. A step can therefore print it
// safely: it cannot contain a command of a CI host (Azure Pipelines finds ##vso[…]
// anywhere in a line) or control a terminal. v must consist of values that JSON can
// always represent.
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

// Bounded is a JSON array with a size limit. If it would exceed Limit bytes, it
// becomes empty.
type Bounded struct {
	Limit int

	text []byte
	full bool
}

// AddEntry appends a resource. It does not even encode one that is certainly too
// large.
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

// Add appends one element, which must be JSON.
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

// Truncated reports whether the array exceeded the limit and was emptied.
func (b *Bounded) Truncated() bool { return b.full }

// String returns the array as JSON.
func (b *Bounded) String() string {
	if len(b.text) == 0 {
		return "[]"
	}
	return string(b.text) + "]"
}
