package report

import (
	"io"

	"github.com/azstep/azstep/internal/audit/policy"
)

// NewJSON writes an array of resources, one per line, in the format of the output
// report.
func NewJSON(w io.Writer) *JSON {
	return &JSON{array{w: w, open: "[\n", between: ",\n", end: "\n]\n"}}
}

// JSON is a [Writer].
type JSON struct{ list array }

// Add writes the resource.
func (j *JSON) Add(r policy.Resource, violations []policy.Violation) error {
	return j.list.element(Entry(r, violations))
}

// Close ends the array.
func (j *JSON) Close() error { return j.list.close() }

// array writes the text around and between elements.
type array struct {
	w                  io.Writer
	open, between, end string
	count              int
}

func (a *array) element(text []byte) error {
	before := a.between
	if a.count == 0 {
		before = a.open
	}
	a.count++
	_, err := io.WriteString(a.w, before)
	if err == nil {
		_, err = a.w.Write(text)
	}
	return err
}

func (a *array) close() error {
	end := a.end
	if a.count == 0 {
		end = a.open + a.end
	}
	_, err := io.WriteString(a.w, end)
	return err
}
