package main

import (
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// form is an issue form: docs.github.com, "Syntax for GitHub's form schema".
type form struct {
	Name, Description string
	Labels            []string
	Body              []struct {
		Type       string
		ID         string
		Attributes struct {
			Label, Description, Value, Render, Placeholder string
			Options                                        []string
		}
		Validations struct{ Required bool }
	}
}

func TestIssueForms(t *testing.T) {
	t.Parallel()
	for _, b := range yamlBlocks(t) {
		if !strings.HasPrefix(b.page, ".github/ISSUE_TEMPLATE/") || strings.HasSuffix(b.page, "/config.yml") {
			continue
		}
		var f form
		d := yaml.NewDecoder(strings.NewReader(b.text))
		d.KnownFields(true)
		if err := d.Decode(&f); err != nil || f.Name == "" || f.Description == "" {
			t.Errorf("%s: %v", b, err)
		}
		var ids []string
		for _, item := range f.Body {
			switch {
			case item.Type == "markdown":
				continue
			case !slices.Contains([]string{"input", "textarea", "dropdown"}, item.Type), item.Attributes.Label == "",
				(item.Type == "dropdown") != (len(item.Attributes.Options) > 0), slices.Contains(ids, item.ID):
				t.Errorf("%s: %s is not an item of a form", b, item.ID)
			}
			ids = append(ids, item.ID)
		}
	}
}
