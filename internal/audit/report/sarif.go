package report

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Place describes the run in a SARIF report.
type Place struct {
	File  string // the policy's path in the checkout, with slashes; "" if it is not a file
	Shard string // for example 3/10, if several reports of one run are uploaded; otherwise ""
}

// maxResults is the number of results that GitHub code scanning accepts from one run
// (github/docs, "SARIF results exceed one or more limits").
const maxResults = 25_000

// noFile is the location of results that do not belong to a file: code scanning
// requires one for each result.
const noFile = "azstep-policy"

// NewSARIF writes SARIF 2.1.0 (OASIS) with the properties that GitHub code scanning
// reads. Each violation becomes a result at its line in the policy. Left returns the
// number of violations that exceeded the limit.
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

// Left returns the number of violations that are not in the report.
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

// markup escapes names so that they do not become links in SARIF messages (SARIF
// 2.1.0, section 3.11.6).
var markup = strings.NewReplacer(`\`, `\\`, "[", `\[`, "]", `\]`)

// fingerprint identifies a violation independent of its line, so that code scanning
// recognizes it after the policy was edited.
func fingerprint(r policy.Resource, v policy.Violation) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{string(v.Kind), r.Project, r.Type, r.ID, r.Name, v.Pipeline}, "\x00")))
	return hex.EncodeToString(sum[:16]) + ":1"
}
