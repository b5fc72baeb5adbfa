package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/child"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// wayCLI uses the account that is signed in to the Azure CLI.
const wayCLI = "azure-cli"

func cliWay() way {
	return way{name: wayCLI, listed: 8, auto: onLaptop, needs: nothing, build: (*chooser).azureCLI}
}

// cliSource asks the Azure CLI, which signs in itself.
type cliSource struct {
	registration
	env    []string // of az
	advice string   // what to do if az is missing
}

// plainScope matches a scope that is safe on the command line of az: on Windows az
// is a batch file, whose arguments are parsed again by its shell.
var plainScope = pattern.New(`^[0-9A-Za-z._:/-]+$`)

func (c *chooser) azureCLI() (*Credential, error) {
	if !plainScope.MatchString(c.need.scope()) {
		return nil, input.Wrong("resource", c.need.scope(), "for azure-cli, use a scope that contains only letters, digits and . - _ / :")
	}
	return c.fetched(wayCLI, "as the user who signed in with `az login`", cliSource{c.registration(), append(input.Inherited(c.env.Env), plainOutput...), c.withoutCLI()}), nil
}

// plainOutput keeps az from coloring its output and from printing anything but
// errors: learn.microsoft.com, "Azure CLI configuration".
var plainOutput = []string{"AZURE_CORE_NO_COLOR=true", "AZURE_CORE_ONLY_SHOW_ERRORS=true"}

// withoutCLI says what to do on a machine without az.
func (c *chooser) withoutCLI() string {
	switch {
	case c.env.gitHub():
		return "run azure/login before this step, on a runner that has the Azure CLI; or use github-oidc, which needs neither: set tenant-id and client-id, and give the job `permissions: id-token: write`"
	case c.env.Azure:
		return "run azstep in an AzureCLI task, on an agent that has the Azure CLI; or use azure-pipelines-oidc, which needs neither: set service-connection-id, tenant-id and client-id"
	}
	return "install the Azure CLI and run `az login`; or set the inputs of another way to authenticate: `azstep help` lists them under `auth`"
}

const askingCLI = "get an Entra token from the Azure CLI"

func (s cliSource) fetch(ctx context.Context, w Wire) (grant, error) {
	said, complaint, exit, err := s.run(ctx)
	for line := range strings.Lines(string(complaint)) {
		w.Debug("az: %s", clean(line))
	}
	var unstarted *child.NotStarted
	switch {
	case ctx.Err() != nil:
		return grant{}, asking(askingCLI, transport.Ended(ctx))
	case errors.As(err, &unstarted), exit == 127: // a launcher that did not find the program itself
		return grant{}, fault.New(fault.MissingCredential, "%s: az is not installed, or not on PATH", askingCLI).With(s.advice)
	case err != nil:
		return grant{}, fault.New(fault.MissingCredential, "%s: %w", askingCLI, err)
	case exit != 0:
		return grant{}, refusedByCLI(complaint)
	}
	return readCLI(said)
}

// maxCLI is more than az prints with a token, which stays below 64 KiB.
const maxCLI = 1 << 20

// run asks for a token for a resource, because versions of az before 2.37 do not
// support scopes.
func (s cliSource) run(ctx context.Context) (said, complaint []byte, exit int, err error) {
	args := []string{"az", "account", "get-access-token", "-o", "json", "--resource", strings.TrimSuffix(s.scope, "/.default")}
	if s.tenant != "" {
		args = append(args, "--tenant", s.tenant)
	}
	keep := func(in *[]byte) func(io.Reader) error {
		return func(r io.Reader) (err error) {
			*in, err = io.ReadAll(io.LimitReader(r, maxCLI))
			return err
		}
	}
	az := child.Command{Args: args, Env: s.env, Stdout: keep(&said), Stderr: keep(&complaint), WaitDelay: time.Second}
	exit, err = az.Run(ctx)
	return said, complaint, exit, err
}

// readCLI reads the token: learn.microsoft.com, `az account get-access-token`.
// Versions before 2.54 give its expiry only in local time. Text around the object,
// such as the escape sequences that reset a terminal's colors, is ignored.
func readCLI(said []byte) (grant, error) {
	var answer struct {
		Token   string `json:"accessToken"`
		Seconds int64  `json:"expires_on"`
		Local   string `json:"expiresOn"`
	}
	start := bytes.IndexByte(said, '{')
	if start < 0 || json.NewDecoder(bytes.NewReader(said[start:])).Decode(&answer) != nil { // decoding stops at the end of the object
		return grant{}, fault.New(fault.BadResponse, "%s: az did not return a token", askingCLI).
			With("try `az account get-access-token`; an old version of az may need an update")
	}
	got := grant{Token: Token{Value: answer.Token}}
	if answer.Seconds > 0 {
		got.Expires = time.Unix(answer.Seconds, 0).UTC()
	} else if local, err := time.ParseInLocation("2006-01-02 15:04:05.999999", answer.Local, time.Local); err == nil {
		got.Expires = local.UTC()
	}
	return got, nil
}

// refusedByCLI explains what az wrote to stderr.
func refusedByCLI(complaint []byte) *fault.Error {
	said := complaintOf(string(complaint))
	known, isKnown := findRefusal(numbersIn(said))
	switch {
	case isKnown:
		return fault.New(known.code, "%s: %s", askingCLI, said).With(azLogin)
	case signInForm.MatchString(said):
		return fault.New(fault.CredentialRejected, "%s: %s", askingCLI, said).With(azLogin)
	case said == "":
		said = "az failed without a message"
	}
	failed := fault.New(fault.MissingCredential, "%s: %s", askingCLI, said).
		With("az itself failed: try `az account get-access-token` in the same step; or set `auth` to another way to authenticate")
	failed.Exit = 1
	return failed
}

const azLogin = "run `az login` (with --tenant, if tenant-id is set), or set `auth` to another way to authenticate"

// signInForm matches messages of az about a sign-in that is missing or has expired.
var signInForm = pattern.New(`(?i)AADSTS|\baz login\b|\bsign(ed)?[ -]?in\b|\blog(ged)?[ -]?in\b|refresh token|\bno subscription`)

// complaintOf returns the most informative line of az's messages: the last error
// that is more than an announcement, or the last line of a traceback. Warnings are
// ignored.
func complaintOf(text string) string {
	traced := strings.Contains(text, "Traceback (most recent call last)")
	var said string
	for line := range strings.Lines(text) {
		line = clean(firstLine(escapes.ReplaceAllString(line, "")))
		message, isError := strings.CutPrefix(line, "ERROR: ")
		switch {
		case line == "" || strings.HasPrefix(line, "WARNING:"), announcement.MatchString(message):
		case isError || traced || said == "":
			said = message
		}
	}
	return said
}

var (
	// escapes match the color codes of a terminal: ECMA-48, 5.4.
	escapes = pattern.New("\x1b\\[[0-9;?]*[ -/]*[@-~]")
	// announcement matches what az prints before and beside the actual error.
	announcement = pattern.New(`(?i)^(the command failed with an unexpected error|to open an issue|traceback|please report|to check existing issues|here is the traceback)`)
)
