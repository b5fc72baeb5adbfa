package input_test

import (
	"slices"
	"testing"

	"github.com/azstep/azstep/internal/input"
)

func isInput(name string) bool {
	return slices.Contains([]string{"scopes", "dry-run", "resource-type", "valid-to", "lifetime", "timeout", "ca-file"}, name)
}

// An input must be named in the reader's spelling.
func TestSpeller(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, with, env, shell, camel string }{
		{"set the input scopes", "set the input scopes", "set AZSTEP_SCOPES", "export AZSTEP_SCOPES=…", "set the input scopes"},
		{"set `resource-type`, or not", "set the input resource-type, or not", "set AZSTEP_RESOURCE_TYPE, or not", "export AZSTEP_RESOURCE_TYPE=…, or not", "set the input resourceType, or not"},
		{"set `scopes` to two, or `timeout` to 1h", "set the input scopes to two, or timeout to 1h", "set AZSTEP_SCOPES to two, or AZSTEP_TIMEOUT to 1h", "set AZSTEP_SCOPES to two, or AZSTEP_TIMEOUT to 1h", "set the input scopes to two, or timeout to 1h"},
		{"set `scopes` or `timeout`", "set the input scopes or timeout", "set AZSTEP_SCOPES or AZSTEP_TIMEOUT", "set AZSTEP_SCOPES or AZSTEP_TIMEOUT", "set the input scopes or timeout"},
		{"set `dry-run: true` to look", "set dry-run: true to look", "set AZSTEP_DRY_RUN: true to look", "set AZSTEP_DRY_RUN=true to look", "set dryRun: true to look"},
		{"increase the input timeout, or wait", "increase the input timeout, or wait", "increase AZSTEP_TIMEOUT, or wait", "increase AZSTEP_TIMEOUT, or wait", "increase the input timeout, or wait"},
		{"the `scopes` given", "the scopes given", "the AZSTEP_SCOPES given", "the AZSTEP_SCOPES given", "the scopes given"},
		{"run `az login`, see the input of it", "run `az login`, see the input of it", "run `az login`, see the input of it", "run `az login`, see the input of it", "run `az login`, see the input of it"},
	} {
		for style, want := range map[input.Style]string{input.With: c.with, input.Env: c.env, input.Shell: c.shell, input.Camel: c.camel} {
			if got := (input.Speller{Style: style, IsInput: isInput}).Text(c.text); got != want {
				t.Errorf("style %d: %q becomes %q, want %q", style, c.text, got, want)
			}
		}
	}
}

// An error about an input begins with its name. Compound names need no marks there.
func TestSpellerBlame(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"scopes is required":                                                           "AZSTEP_SCOPES is required",
		"scopes: \"scopes dry-run\" is not valid":                                      "AZSTEP_SCOPES: \"scopes dry-run\" is not valid",
		"lifetime and valid-to are both set":                                           "AZSTEP_LIFETIME and AZSTEP_VALID_TO are both set",
		"ca-file: file \"ca-file\": no such file":                                      "AZSTEP_CA_FILE: file \"ca-file\": no such file",
		"give --ca-file or /dry-run/x or a-b":                                          "give --ca-file or /dry-run/x or a-b",
		"leave it out (ca-file), or name valid-to.":                                    "leave it out (AZSTEP_CA_FILE), or name AZSTEP_VALID_TO.",
		"policy-file: line 5: dry-run: it is not one":                                  "policy-file: line 5: dry-run: it is not one",
		"timeout: line 5: dry-run: give ca-file; line 6: unknown key valid-to":         "AZSTEP_TIMEOUT: line 5: dry-run: give AZSTEP_CA_FILE; line 6: unknown key valid-to",
		"scopes: one of scopes, dry-run, valid-to. dry-run is an input":                "AZSTEP_SCOPES: one of scopes, dry-run, valid-to. AZSTEP_DRY_RUN is an input",
		"set one of dry-run and valid-to":                                              "set one of AZSTEP_DRY_RUN and AZSTEP_VALID_TO",
		"to use dry-run: set dry-run":                                                  "to use dry-run: set AZSTEP_DRY_RUN",
		"timeout: dry-run requires values that are not set: `scopes`, `valid-to`, X_Y": "AZSTEP_TIMEOUT: dry-run requires values that are not set: AZSTEP_SCOPES, AZSTEP_VALID_TO, X_Y",
		"it is the output valid-to.":                                                   "it is the output validTo.",
		"az is not there":                                                              "az is not there",
	} {
		if got := (input.Speller{Style: input.Shell, IsInput: isInput}).Blame(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestCamelCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"token": "token", "resource-type": "resourceType", "a-b-c": "aBC"} {
		if got := input.CamelCase(name); got != want {
			t.Errorf("%q becomes %q", name, got)
		}
	}
}
