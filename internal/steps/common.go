package steps

import (
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
)

// Common holds the inputs of every operation.
type Common struct {
	auth.Inputs
	TrustedHosts input.Words    `env:"TRUSTED_HOSTS"`
	CAFile       string         `env:"CA_FILE"`
	Timeout      input.Duration `env:"TIMEOUT"`
	MaxAttempts  input.Count    `env:"MAX_ATTEMPTS, default=4"`
	DryRun       input.Bool     `env:"DRY_RUN, default=false"`
	Summary      input.Bool     `env:"SUMMARY, default=true"`
	ExportEnv    string         `env:"EXPORT_ENV"`
}

// Validate checks values beyond their types.
func (c *Common) Validate() []error {
	problems := c.Inputs.Validate()
	if c.ExportEnv != "" {
		problems = append(problems, checkExport(c.ExportEnv)...)
	}
	return append(problems, checkTrusted(c.TrustedHosts)...)
}

// defaultTimeout is enough for any operation on a single thing.
const defaultTimeout = 2 * time.Minute

// Deadline returns the input timeout, or the step's own default.
func (c *Common) Deadline(s Step) time.Duration {
	if c.Timeout != 0 {
		return time.Duration(c.Timeout)
	}
	if long, ok := s.(interface{ defaultTimeout() time.Duration }); ok {
		return long.defaultTimeout()
	}
	return defaultTimeout
}

var variableName = pattern.New(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved lists variables with which a token would break, or influence, the
// following steps.
var reserved = struct{ names, prefixes, suffixes []string }{
	names:    []string{"PATH", "NODE_OPTIONS", "BASH_ENV"},
	prefixes: []string{"SSL_CERT_", "LD_", "DYLD_", "GITHUB_", "RUNNER_", "ACTIONS_", "SYSTEM_", "AGENT_", "INPUT_", "AZSTEP_"},
	suffixes: []string{"_PROXY"},
}

// ExecVariable is the variable in which `exec` passes the token if export-env is not
// set.
const ExecVariable = "AZSTEP_TOKEN"

func checkExport(name string) []error {
	const hint = "name a variable such as NPM_TOKEN: only letters, digits and underscores, and not a variable that the shell, the runner or azstep uses"
	upper := strings.ToUpper(name)
	bad := !variableName.MatchString(name) || slices.Contains(reserved.names, upper) ||
		slices.ContainsFunc(reserved.prefixes, func(p string) bool { return strings.HasPrefix(upper, p) }) ||
		slices.ContainsFunc(reserved.suffixes, func(s string) bool { return strings.HasSuffix(upper, s) })
	if bad && name != ExecVariable {
		return []error{input.Wrong("export-env", name, hint)}
	}
	return nil
}

// trustedHost matches a host name or address, with or without a port. Wildcards are
// not allowed: a name that someone else can register must not receive a credential.
var trustedHost = pattern.New(`^(?i)([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)

func checkTrusted(hosts []string) (problems []error) {
	for _, h := range hosts {
		if !trustedHost.MatchString(h) {
			problems = append(problems, fault.Input("trusted-hosts", "trusted-hosts: write host names such as tfs.example.com or tfs.example.com:8443, without https:// and wildcards",
				"trusted-hosts: %s is not a host name", input.Quote(h)))
		}
	}
	return problems
}
