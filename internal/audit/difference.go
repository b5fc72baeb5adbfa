package audit

import (
	"fmt"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/text"
)

// everyPipeline stands for open access in place of a pipeline's id.
const everyPipeline = "*"

// difference is one permission that is given or taken away.
type difference struct {
	resource policy.Resource // without its pipelines
	pipeline policy.Pipeline // its ID is 0 for open access
	added    bool
}

func openAccess(r policy.Resource, added bool) difference {
	return difference{resource: bare(r), added: added}
}

func grant(r policy.Resource, p policy.Pipeline, added bool) difference {
	return difference{bare(r), p, added}
}

func bare(r policy.Resource) policy.Resource {
	return policy.Resource{Project: r.Project, Type: r.Type, ID: r.ID, Name: r.Name}
}

func (d difference) sign() string {
	if d.added {
		return "+"
	}
	return "-"
}

// who names the pipeline for the user.
func (d difference) who() string {
	if d.pipeline.ID == 0 {
		return "every pipeline (open access)"
	}
	return d.pipeline.String()
}

// String is a line with the same wording in a plan, after the change, and in a
// comparison.
func (d difference) String() string {
	return fmt.Sprintf("%s %s: %s", d.sign(), d.resource, d.who())
}

// differences are collected for the user, up to a limit, and for outputs.
type differences struct {
	added, removed int
	lines          []difference // the first ones
	plus, minus    report.Bounded
}

func newDifferences(limit int) differences {
	return differences{plus: report.Bounded{Limit: limit}, minus: report.Bounded{Limit: limit}}
}

// add adds a difference and its element in an output.
func (d *differences) add(one difference, element any) {
	array := &d.minus
	if one.added {
		d.added++
		array = &d.plus
	} else {
		d.removed++
	}
	array.Add(report.Encode(element))
	if len(d.lines) < maxRows {
		d.lines = append(d.lines, one)
	}
}

// arrays returns the outputs added and removed.
func (d *differences) arrays() (added, removed string) { return d.plus.String(), d.minus.String() }

func (d *differences) truncated() bool { return d.plus.Truncated() || d.minus.Truncated() }

func (d *differences) count() int { return d.added + d.removed }

// resourceWire is a resource in the outputs added, removed and drift.
type resourceWire struct {
	Project string `json:"project,omitempty"`
	Type    string `json:"type"`
	ID      string `json:"id"`
	Name    string `json:"name"`
}

// changeWire is an element of the outputs added and removed. Pipeline is an id,
// or "*" for open access.
type changeWire struct {
	Resource resourceWire `json:"resource"`
	Pipeline any          `json:"pipeline"`
}

// driftWire is an element of the output drift.
type driftWire struct {
	Change   string       `json:"change"` // added or removed
	Resource resourceWire `json:"resource"`
	Pipeline any          `json:"pipeline"`
	Name     string       `json:"name"` // of the pipeline
	By       string       `json:"authorizedBy"`
	On       string       `json:"authorizedOn"`
}

func (d difference) change() changeWire {
	r := d.resource
	w := changeWire{resourceWire{r.Project, r.Type, r.ID, r.Name}, any(d.pipeline.ID)}
	if d.pipeline.ID == 0 {
		w.Pipeline = everyPipeline
	}
	return w
}

func (d difference) drift() driftWire {
	w := d.change()
	word := "removed"
	if d.added {
		word = "added"
	}
	return driftWire{word, w.Resource, w.Pipeline, d.pipeline.Name, d.pipeline.By, d.pipeline.On}
}

// row returns the difference for a table in the summary.
func (d difference) row() []string {
	who := d.pipeline.Label()
	if d.pipeline.ID == 0 {
		who = d.who()
	}
	return []string{d.drift().Change, d.resource.Label(), who}
}

// table shows the differences.
func (d *differences) table(title string) host.Summary {
	s := host.Summary{Title: title, Head: []string{"Change", "Resource", "Pipeline"}}
	for _, one := range d.lines {
		s.Rows = append(s.Rows, one.row())
	}
	if more := d.count() - len(d.lines); more > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s not shown; set `report-file` to write all resources to a file.", text.Count(more, "more change")))
	}
	return s
}

// totals counts the permissions that are given and taken away.
func (d *differences) totals() string {
	return fmt.Sprintf("%s added, %d removed", text.Count(d.added, "permission"), d.removed)
}
