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

// wayCLI is whoever signed in with the Azure CLI.
const wayCLI = "azure-cli"

func cliWay() way {
	return way{name: wayCLI, listed: 8, auto: onLaptop, needs: nothing, build: (*chooser).azureCLI}
}

// cliSource asks the Azure CLI, which signs in by itself.
type cliSource struct {
	registration
	env []string // of az
}

// plainScope is a scope that may stand on the command line of az: on Windows it
// is a batch file, whose arguments its shell reads once more.
var plainScope = pattern.New(`^[0-9A-Za-z._:/-]+$`)

func (c *chooser) azureCLI() (*Credential, error) {
	if !plainScope.MatchString(c.need.scope()) {
		return nil, input.Wrong("resource", c.need.scope(), "for azure-cli, a scope of letters, digits and . - _ / : alone")
	}
	return c.fetched(wayCLI, "as whoever signed in with `az login`", cliSource{c.registration(), input.Inherited(c.env.Env)}), nil
}

const askingCLI = "get an Entra token from the Azure CLI"

func (s cliSource) fetch(ctx context.Context, _ Wire) (grant, error) {
	said, complaint, exit, err := s.run(ctx)
	var unstarted *child.NotStarted
	switch {
	case ctx.Err() != nil:
		return grant{}, asking(askingCLI, transport.Ended(ctx))
	case errors.As(err, &unstarted), exit == 127: // a launcher that did not find the program itself
		return grant{}, fault.New(fault.MissingCredential, "%s: az is not installed, or not on PATH", askingCLI).
			With("install the Azure CLI and run `az login`; or set the inputs of another way to authenticate: `azstep help` lists them under auth")
	case err != nil:
		return grant{}, fault.New(fault.MissingCredential, "%s: %w", askingCLI, err)
	case exit != 0:
		return grant{}, refusedByCLI(complaint)
	}
	return readCLI(said)
}

// maxCLI is more than az writes with a token, which stays below 64 KiB.
const maxCLI = 1 << 20

// run asks for a token for a resource, because versions of az before 2.37 know no
// scope.
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
// Versions before 2.54 say its end in local time alone.
func readCLI(said []byte) (grant, error) {
	var answer struct {
		Token   string `json:"accessToken"`
		Seconds int64  `json:"expires_on"`
		Local   string `json:"expiresOn"`
	}
	if json.Unmarshal(withoutMark(said), &answer) != nil {
		return grant{}, fault.New(fault.BadResponse, "%s: az did not answer with a token", askingCLI).
			With("try `az account get-access-token`; an old az may need an update")
	}
	got := grant{Token: Token{Value: answer.Token}}
	if answer.Seconds > 0 {
		got.Expires = time.Unix(answer.Seconds, 0).UTC()
	} else if local, err := time.ParseInLocation("2006-01-02 15:04:05.999999", answer.Local, time.Local); err == nil {
		got.Expires = local.UTC()
	}
	return got, nil
}

// refusedByCLI explains what az wrote to stderr, warnings among it.
func refusedByCLI(complaint []byte) *fault.Error {
	line := string(bytes.TrimSpace(complaint))
	if _, after, ok := strings.Cut(line, "ERROR: "); ok {
		line = after
	}
	said, code := clean(firstLine(line)), fault.CredentialRejected
	if known, ok := findRefusal(numbersIn(said)); ok {
		code = known.code
	}
	if said == "" {
		said = "az failed without a word"
	}
	return fault.New(code, "%s: %s", askingCLI, said).
		With("run `az login` (with --tenant, if tenant-id is set), or name another way in auth")
}
