package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Place is what a SARIF report says of the run besides its results.
type Place struct {
	File  string // the policy's path in the checkout, with slashes; "" where it is no file
	Shard string // "" or such as 3/10: reports of one run that are uploaded side by side
}

// maxResults is what GitHub code scanning takes from one run (github/docs,
// "SARIF results exceed one or more limits").
const maxResults = 25_000

// noFile is where results stand that belong to no file: code scanning wants a
// place for each.
const noFile = "azstep-policy"

// NewSARIF writes SARIF 2.1.0 (OASIS) with the properties that GitHub code
// scanning reads: one result for each violation, at the policy's line. Left is
// how many violations found no room.
func NewSARIF(w io.Writer, p Place) *SARIF {
	file := p.File
	if file == "" {
		file = noFile
	}
	return &SARIF{
		list: array{w: w, open: header(p.Shard), between: ",\n", end: "\n]}]}\n"},
		uri:  (&url.URL{Path: file}).String(),
	}
}

// SARIF is a [Writer].
type SARIF struct {
	list array
	uri  string
	left int
}

// Left is how many violations are not in the report.
func (s *SARIF) Left() int { return s.left }

// Close ends the report.
func (s *SARIF) Close() error { return s.list.close() }

// Add writes a result for each violation.
func (s *SARIF) Add(r policy.Resource, violations []policy.Violation) error {
	for _, v := range violations {
		if s.list.count == maxResults {
			s.left++
			continue
		}
		if err := s.list.element(Encode(s.result(r, v))); err != nil {
			return err
		}
	}
	return nil
}

type result struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      message           `json:"message"`
	Locations    []location        `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type message struct {
	Text string `json:"text"`
}

type location struct {
	Physical struct {
		Artifact struct {
			URI  string `json:"uri"`
			Base string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
}

func (s *SARIF) result(r policy.Resource, v policy.Violation) result {
	var at location
	at.Physical.Artifact.URI, at.Physical.Artifact.Base = s.uri, "%SRCROOT%"
	at.Physical.Region.StartLine = max(v.Line, 1)
	level := "error"
	if v.Note {
		level = "note"
	}
	return result{
		RuleID: string(v.Kind), RuleIndex: indexOf(v.Kind), Level: level, Message: message{markup.Replace(v.Text)},
		Locations:    []location{at},
		Fingerprints: map[string]string{"primaryLocationLineHash": fingerprint(r, v)},
	}
}

// markup keeps names from being taken for the links that SARIF has in its
// messages (SARIF 2.1.0, section 3.11.6).
var markup = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)

// fingerprint is the same for the same violation wherever it stands in the
// policy, so that code scanning knows it again after the policy was edited.
func fingerprint(r policy.Resource, v policy.Violation) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(v.Kind), r.Project, r.Type, r.ID, r.Name, v.Pipeline}, "\x00")))
	return hex.EncodeToString(sum[:16]) + ":1"
}
