package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/azstep/azstep/internal/audit/policy"
)

// maxBaseline is the maximum size of an earlier report: enough for two million
// permissions.
const maxBaseline = 256 << 20

// baseline is an earlier report to compare with; nil means no comparison.
type baseline struct {
	mu       sync.Mutex
	entries  map[string]*earlier // by resourceKey
	order    []*earlier
	complete map[string]bool // projects and types whose lists were read completely
	names    map[string]string
}

// earlier is a resource in the earlier report.
type earlier struct {
	resource  policy.Resource // without its pipelines
	pipelines []int32
	open      bool
	there     bool // it still exists
	compared  bool
}

// reported is a resource as package report writes it.
type reported struct {
	Project    string `json:"project"`
	Type       string `json:"type"`
	ID         string `json:"id"`
	Name       string `json:"name"`
	OpenAccess *bool  `json:"openAccess"`
	Pipelines  []struct {
		ID   int32  `json:"id"`
		Name string `json:"name"`
	} `json:"pipelines"`
}

// errNoReport never quotes the file, which may not be the one that the user meant.
var errNoReport = errors.New("it is not a JSON report of check-permissions or ensure-permissions")

// parseBaseline reads a report resource by resource.
func parseBaseline(text []byte) (*baseline, error) {
	b := &baseline{entries: map[string]*earlier{}, complete: map[string]bool{}, names: map[string]string{}}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return nil, errNoReport
	}
	for d.More() {
		var r reported
		if err := d.Decode(&r); err != nil || r.Type == "" || r.OpenAccess == nil {
			return nil, errNoReport
		}
		b.keep(r)
	}
	if _, err := d.Token(); err != nil || d.More() {
		return nil, errNoReport
	}
	return b, nil
}

func (b *baseline) keep(r reported) {
	if r.ID == "" {
		return // a rule that matched nothing
	}
	e := &earlier{resource: policy.Resource{Project: r.Project, Type: r.Type, ID: r.ID, Name: r.Name}, open: *r.OpenAccess}
	for _, p := range r.Pipelines {
		e.pipelines = append(e.pipelines, p.ID)
		if p.Name != "" {
			b.names[pipelineKey(r.Project, p.ID)] = p.Name
		}
	}
	b.entries[resourceKey(r.Project, r.Type, r.ID)] = e
	b.order = append(b.order, e)
}

func pipelineKey(project string, id int32) string {
	return strings.ToLower(project) + "\x00" + strconv.Itoa(int(id))
}

// exists records that a list contains a resource, whether or not a rule concerns it.
func (b *baseline) exists(project, kind, id string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.entries[resourceKey(project, kind, id)]; e != nil {
		e.there = true
	}
}

// searched records that the list of a project's resources was read to its end.
func (b *baseline) searched(project, kind string) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complete[resourceKey(project, kind, "")] = true
}

// compare yields what was permitted and taken away since the earlier report. A
// report about a single resource names no project.
func (b *baseline) compare(f *found, each func(difference)) {
	if b == nil || f.absent != nil {
		return
	}
	r := f.resource
	e := b.entries[resourceKey(r.Project, r.Type, r.ID)]
	for _, project := range []string{"", f.project} {
		if e == nil {
			e = b.entries[resourceKey(project, r.Type, r.ID)]
		}
	}
	if e == nil {
		e = &earlier{}
	}
	e.compared = true
	if r.Open != e.open {
		each(openAccess(r, r.Open))
	}
	before := make(map[int]bool, len(e.pipelines))
	for _, id := range e.pipelines {
		before[int(id)] = true
	}
	for _, p := range r.Pipelines {
		if !before[p.ID] {
			each(grant(r, p, true))
		}
		delete(before, p.ID)
	}
	b.taken(e, r, before, each)
}

// taken yields the pipelines in the earlier report that may no longer use the
// resource, in their order there.
func (b *baseline) taken(e *earlier, r policy.Resource, gone map[int]bool, each func(difference)) {
	for _, id := range e.pipelines {
		if gone[int(id)] {
			each(grant(r, policy.Pipeline{ID: int(id), Name: b.names[pipelineKey(e.resource.Project, id)]}, false))
		}
	}
}

// deleted yields the permissions of resources that no longer exist: they are missing
// from a complete list.
func (b *baseline) deleted(s shard, each func(difference)) {
	if b == nil {
		return
	}
	for _, e := range b.order {
		r := e.resource
		read := b.complete[resourceKey(r.Project, r.Type, "")]
		if e.compared || e.there || !read || !s.takes(strings.ToLower(r.Project), r.Type, r.ID) {
			continue
		}
		if e.open {
			each(openAccess(r, false))
		}
		all := map[int]bool{}
		for _, id := range e.pipelines {
			all[int(id)] = true
		}
		b.taken(e, r, all, each)
	}
}
