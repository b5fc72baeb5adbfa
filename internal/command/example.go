package command

import (
	"fmt"
	"strings"

	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/steps"
)

// setting is an input of an example.
type setting struct{ name, value string }

// exampleOf returns the inputs in an operation's example, without those for
// authentication.
func exampleOf(operation string) []setting {
	organization := setting{"organization", "fabrikam"}
	project := setting{"project", "Fabrikam"}
	resource := []setting{organization, project, {"resource-type", "environment"}, {"resource-name", "production"}, {"pipelines", "deploy-web"}}
	return map[string][]setting{
		"mint-pat":           {organization, {"scopes", "vso.packaging_write"}, {"lifetime", "15m"}},
		"revoke-pat":         {organization, {"authorization-id", "4ab5764f-4193-4f1d-b995-64144880b7d7"}},
		"mint-iot-token":     {{"application", "my-app"}, {"roles", "operator"}, {"lifetime", "15m"}},
		"revoke-iot-token":   {{"application", "my-app"}, {"token-id", "azstep-1f2e3d4c"}},
		"mint-entra-token":   {{"resource", "azure-devops"}},
		"ensure-team":        {organization, project, {"team", "Web"}},
		"check-permissions":  resource,
		"ensure-permissions": append(resource, setting{"dry-run", "true"}),
		"prune-pats":         {organization, {"older-than", "7d"}, {"dry-run", "true"}},
		"whoami":             {organization},
	}[operation]
}

// userOnly reports whether an operation does not accept an application's token.
func userOnly(operation string) bool {
	return strings.HasSuffix(operation, "-pat") || operation == "prune-pats"
}

// exampleIdentity returns the inputs with which a CI job authenticates.
func exampleIdentity(operation string) []setting {
	who := []setting{{"tenant-id", "${{ vars.AZURE_TENANT_ID }}"}, {"client-id", "${{ vars.AZURE_CLIENT_ID }}"}}
	if userOnly(operation) {
		return append(who, setting{"refresh-token", "${{ secrets.ADO_REFRESH_TOKEN }}"})
	}
	return who
}

// example prints an operation's example in the form for this host.
func (t *helpText) example(op steps.Operation) {
	settings := exampleOf(op.Name)
	fmt.Fprint(t, "\nexample:\n")
	switch t.style {
	case input.Shell:
		t.shellExample(op, settings)
	case input.With:
		fmt.Fprintf(t, "  - uses: azstep/azstep@v1\n    with:\n      operation: %s\n", op.Name)
		t.yaml(append(settings, exampleIdentity(op.Name)...))
	case input.Camel:
		fmt.Fprintf(t, "  - task: azstep@1\n    inputs:\n      operation: %s\n      azureSubscription: my-connection\n", op.Name)
		t.yaml(settings)
	default:
		key := "script"
		if t.kind == host.GitHub {
			key = "run"
		}
		fmt.Fprintf(t, "  - %s: azstep %s\n    env:\n", key, op.Name)
		t.yaml(append(settings, t.jobIdentity(op.Name)...))
	}
}

// jobIdentity returns the inputs with which a script step authenticates.
func (t *helpText) jobIdentity(operation string) []setting {
	if t.kind == host.GitHub {
		return exampleIdentity(operation)
	}
	if userOnly(operation) {
		return []setting{{"tenant-id", "$(TENANT_ID)"}, {"client-id", "$(CLIENT_ID)"}, {"refresh-token", "$(REFRESH_TOKEN)"}}
	}
	return []setting{{"credential", "$(System.AccessToken)"}}
}

func (t *helpText) yaml(settings []setting) {
	for _, s := range settings {
		fmt.Fprintf(t, "      %s: %s\n", t.style.Name(s.name), s.value)
	}
}

// shellExample authenticates with the Azure CLI, as people do.
func (t *helpText) shellExample(op steps.Operation, settings []setting) {
	fmt.Fprint(t, "  az login\n")
	for _, s := range settings {
		fmt.Fprintf(t, "  export %s=%s\n", t.style.Name(s.name), shellWord(s.value))
	}
	if op.Mints {
		fmt.Fprintf(t, "  azstep exec %s -- sh -c 'echo \"got ${#AZSTEP_TOKEN} characters\"'\n", op.Name)
		return
	}
	fmt.Fprintf(t, "  azstep %s\n", op.Name)
}

var plainWord = pattern.New(`^[A-Za-z0-9._/:-]+$`)

func shellWord(value string) string {
	if plainWord.MatchString(value) {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
