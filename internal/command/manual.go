package command

import (
	"gopkg.in/yaml.v3"
)

// manual is the content of action.yml.
type manual struct {
	about           string
	inputs, outputs []documented
}

// documented is an input or an output.
type documented struct{ name, text, value string }

func documentation(manifest []byte) (manual, error) {
	var m struct {
		Description     string    `yaml:"description"`
		Inputs, Outputs yaml.Node // nodes keep the order
	}
	if err := yaml.Unmarshal(manifest, &m); err != nil {
		return manual{}, err
	}
	docs := manual{about: m.Description}
	var err error
	if docs.inputs, err = entries(m.Inputs); err == nil {
		docs.outputs, err = entries(m.Outputs)
	}
	return docs, err
}

func entries(n yaml.Node) ([]documented, error) {
	var all []documented
	for i := 0; i+1 < len(n.Content); i += 2 {
		var about struct{ Description, Default string }
		if err := n.Content[i+1].Decode(&about); err != nil {
			return nil, err
		}
		all = append(all, documented{n.Content[i].Value, about.Description, about.Default})
	}
	return all, nil
}
