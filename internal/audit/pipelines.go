package audit

import (
	"context"
	"iter"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// pipelineNames indexes the pipelines of one project by id, name and path. The zero
// value is empty.
type pipelineNames struct {
	labels map[int]string
	byName map[string][]client.Pipeline // by name and by path, in lower case
}

func readPipelines(all iter.Seq2[client.Pipeline, error]) (*pipelineNames, error) {
	n := &pipelineNames{labels: map[int]string{}, byName: map[string][]client.Pipeline{}}
	for p, err := range all {
		if err != nil {
			return nil, err
		}
		n.labels[p.ID] = strings.TrimPrefix(p.Path(), `\`)
		if strings.Contains(n.labels[p.ID], `\`) {
			n.labels[p.ID] = p.Path() // the name alone is ambiguous
		}
		for _, key := range []string{p.Name, p.Path()} {
			key = strings.ToLower(key)
			n.byName[key] = append(n.byName[key], p)
		}
	}
	return n, nil
}

// label returns the pipeline's name for the user, or "".
func (n *pipelineNames) label(id int) string {
	if n == nil {
		return ""
	}
	return n.labels[id]
}

// find returns the pipeline for an id, a path such as \folder\name, or a name that is
// unique in the project. Its ID is 0 if there is none.
func (n *pipelineNames) find(text string) (policy.Listed, error) {
	if id, ok := policy.ParseNumber(text); ok {
		return policy.Listed{Text: text, ID: id}, nil
	}
	key := strings.ToLower(text)
	if strings.Contains(key, `\`) {
		key = `\` + strings.TrimPrefix(key, `\`)
	}
	found := n.byName[key]
	switch len(found) {
	case 0:
		return policy.Listed{Text: text}, nil
	case 1:
		return policy.Listed{Text: text, ID: found[0].ID}, nil
	}
	var paths []string
	for _, p := range found[:min(len(found), 10)] {
		paths = append(paths, p.Path())
	}
	return policy.Listed{}, fault.New(fault.AmbiguousName, "%d pipelines are named %q: %s", len(found), text, strings.Join(paths, ", ")).
		With("use the pipeline's id, or its name with the folder")
}

// nameless reports whether all texts are ids, which need no lookup.
func nameless(texts []string) bool {
	for _, text := range texts {
		if _, ok := policy.ParseNumber(text); !ok {
			return false
		}
	}
	return true
}

// lookUp finds the pipelines to check. It searches for a single name; for several,
// it reads the whole list once.
func lookUp(ctx context.Context, s *Site, project string, texts []string) (*pipelineNames, *policy.Listing, error) {
	names := new(pipelineNames)
	if !nameless(texts) {
		var err error
		if names, err = readPipelines(s.pipelines(project).All(ctx, onlyName(texts))); err != nil {
			return nil, nil, err
		}
	}
	listed := make([]policy.Listed, len(texts))
	var problems []error
	for i, text := range texts {
		var err error
		if listed[i], err = names.find(text); err != nil {
			problems = append(problems, err)
		} else if listed[i].ID == 0 {
			problems = append(problems, noPipeline(text, project))
		}
	}
	if len(problems) > 0 {
		return nil, nil, fault.Join(problems)
	}
	return names, policy.NewListing(listed), nil
}

func noPipeline(text, where string) error {
	return fault.New(fault.PipelineNotFound, "%s has no pipeline %q, or the credential has no access to it", where, text)
}

// onlyName returns the name, without its folder, of the only pipeline that is not
// given by id, or "".
func onlyName(texts []string) string {
	only := ""
	for _, text := range texts {
		if _, isID := policy.ParseNumber(text); isID {
			continue
		}
		if only != "" {
			return ""
		}
		only = text[strings.LastIndex(text, `\`)+1:]
	}
	return only
}
