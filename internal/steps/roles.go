package steps

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"

	"gopkg.in/yaml.v3"
)

// builtinRole returns the id of a role that every IoT Central application has, as
// shown in all samples of the API description.
func builtinRole(name string) (id string, ok bool) {
	id, ok = map[string]string{
		"administrator":     "ca310b8d-2f4a-44e0-a36e-957c202cd8d4",
		"builder":           "344138e9-8de4-4497-8c54-5237e96d6aaf",
		"operator":          "ae2c9854-393b-4f97-8c42-479d70ce626e",
		"org-administrator": "c495eb57-eb18-489e-9802-62c474e5645c",
		"org-operator":      "b4935647-30e4-4ed3-9074-dcac66c2f8ef",
		"org-viewer":        "84cc62c1-dabe-49d3-b16e-8b291232b285",
	}[strings.ToLower(name)]
	return id, ok
}

// assignment is a role as a user writes it.
type assignment struct {
	Role         string `yaml:"role"`
	Organization string `yaml:"organization"`
	// within says that the role is for an organization, even if its name is empty:
	// an empty variable must not turn it into a role for the whole application.
	within bool
}

func (a assignment) String() string {
	if a.Organization == "" {
		return a.Role
	}
	return a.Role + "@" + a.Organization
}

func describeRoles(all []assignment) string {
	var texts []string
	for _, a := range all {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// UnmarshalYAML accepts a mapping of role and organization, or the short form.
func (a *assignment) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*a = shortForm(n.Value)
		return nil
	}
	for i := 0; i < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if key := n.Content[i]; key.Value != "role" && key.Value != "organization" {
			return fmt.Errorf("line %d: unknown key %q", key.Line, key.Value)
		} else if key.Value == "organization" {
			a.within = true
		}
	}
	type plain assignment // without this method
	return n.Decode((*plain)(a))
}

// organizationID is the service's own pattern (API description, OrganizationId).
var organizationID = pattern.New(`^[a-z0-9][a-z0-9-]{0,47}[a-z0-9]$`)

const rolesHint = "roles: role names or ids, such as operator or org-viewer@seattle, separated by commas or lines; or a YAML list of role and organization"

// parseRoles parses the input roles: a YAML list, or short forms separated by commas
// or line breaks.
func parseRoles(value string) ([]assignment, []error) {
	all, err := readRoles(value)
	if err != nil {
		return nil, []error{fault.Input("roles", rolesHint, "roles: %w", err)}
	}
	var problems []error
	for _, a := range all {
		if err := a.check(); err != nil {
			problems = append(problems, err)
		}
	}
	return all, problems
}

// check returns what is wrong with the assignment, or nil.
func (a assignment) check() error {
	switch {
	case a.Role == "":
		return fault.Input("roles", rolesHint, "roles: an item does not name a role")
	case a.within && a.Organization == "":
		return fault.Input("roles", rolesHint, "roles: %s does not name an organization", input.Quote(a.Role))
	case a.within && !organizationID.MatchString(a.Organization):
		return fault.Input("roles", "roles: write the organization's id: lower-case letters, digits and hyphens", "roles: %s is not an organization's id", input.Quote(a.Organization))
	}
	return nil
}

func readRoles(value string) (all []assignment, err error) {
	if isYAML(value) {
		if all, err = readYAML(value); err != nil {
			return nil, err
		}
	} else {
		var items input.List
		if err := items.EnvDecode(value); err != nil {
			return nil, err
		}
		for _, item := range items {
			all = append(all, shortForm(item))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the list is empty")
	}
	return all, nil
}

// isYAML recognizes a YAML list by its first characters: an item, a bracket, or what
// may precede them.
func isYAML(value string) bool {
	first, _, _ := strings.Cut(value, "\n")
	first = strings.TrimSpace(first)
	return first == "-" || first == "---" || strings.HasPrefix(first, "- ") || strings.HasPrefix(first, "[") || strings.HasPrefix(first, "#")
}

// readYAML reads one document and rejects a second one, which would otherwise be
// ignored silently.
func readYAML(value string) (all []assignment, err error) {
	d := yaml.NewDecoder(strings.NewReader(value))
	if err := d.Decode(&all); err != nil {
		why := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "yaml: "), "unmarshal errors:")
		return nil, fmt.Errorf("the list in YAML: %s", strings.Join(strings.Fields(why), " "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("the list in YAML: there is text after the list")
	}
	return all, nil
}

// shortForm parses role@organization; the organization follows the last @.
func shortForm(text string) assignment {
	text = strings.TrimSpace(text)
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return assignment{Role: strings.TrimSpace(text[:at]), Organization: strings.TrimSpace(text[at+1:]), within: true}
	}
	return assignment{Role: text}
}

// resolveRoles converts names to ids. Only names that are not built in need
// requests, and one pass over the list is enough for all of them.
func resolveRoles(ctx context.Context, api client.IoTCentral, wanted []assignment) ([]client.RoleAssignment, error) {
	var resolved []client.RoleAssignment
	var custom map[string][]string
	for _, a := range wanted {
		id, known := builtinRole(a.Role)
		switch {
		case pattern.IsGUID(a.Role):
			id = strings.ToLower(a.Role)
		case !known:
			var err error
			if custom == nil {
				custom, err = roleIDs(ctx, api)
			}
			if err == nil {
				id, err = onlyRole(custom, a.Role)
			}
			if err != nil {
				return nil, err
			}
		}
		if one := (client.RoleAssignment{Role: id, Organization: a.Organization}); !slices.Contains(resolved, one) {
			resolved = append(resolved, one)
		}
	}
	return resolved, nil
}

// roleIDs maps display names in lower case to the ids of the application's roles.
func roleIDs(ctx context.Context, api client.IoTCentral) (map[string][]string, error) {
	ids := map[string][]string{}
	for role, err := range api.Roles(ctx) {
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(strings.TrimSpace(role.DisplayName))
		ids[name] = append(ids[name], role.ID)
	}
	return ids, nil
}

func onlyRole(ids map[string][]string, name string) (string, error) {
	switch found := ids[strings.ToLower(name)]; len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", fault.New(fault.ResourceNotFound, "the application has no role named %q", name).
			With("roles: give a built-in role, the display name of a custom role (Permissions > Roles), or a role's id")
	default:
		return "", fault.New(fault.AmbiguousName, "%d roles are named %q", len(found), name).With("roles: give the role's id")
	}
}
