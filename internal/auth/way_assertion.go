package auth

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	words "github.com/azstep/azstep/internal/text"
)

// wayAssertion is a federated token from any issuer that the application trusts,
// such as the tokens that GitLab, Forgejo and Buildkite give to jobs, and Kubernetes
// to service accounts.
const wayAssertion = "assertion"

const (
	inputAssertion     = "assertion"
	inputAssertionFile = "assertion-file"
	// varTokenFile names the file in a pod with workload identity: learn.microsoft.com,
	// "Use Microsoft Entra Workload ID with Azure Kubernetes Service".
	varTokenFile = "AZURE_FEDERATED_TOKEN_FILE"
)

// maxAssertion is the size limit of an assertion's file. Real ones stay below 16
// KiB.
const maxAssertion = 1 << 16

// assertionWay takes the assertion from its inputs and, if auth names it, also from
// the environment.
func assertionWay() way {
	return way{name: wayAssertion, listed: 4, appOnly: true, entra: true, auto: always, needs: (*chooser).assertionNeeds, meant: firstIsSet, build: (*chooser).assertion}
}

// tokenFileWay comes later in auto, because a pod's environment says less about what
// the user wants than an input does.
func tokenFileWay() way {
	return way{name: wayAssertion, appOnly: true, entra: true, auto: always, needs: (*chooser).tokenFileNeeds, meant: firstIsSet, build: (*chooser).assertion}
}

func (c *chooser) assertionNeeds() []requirement {
	value := c.in.Assertion.Reveal() + c.in.AssertionFile
	if c.in.Auth == wayAssertion {
		value += c.env.get(varTokenFile)
	}
	how := "set `assertion` to a federated token of the CI system, or `assertion-file` (or " + varTokenFile + ") to the file that holds one"
	return []requirement{{name: inputAssertion, value: value, how: how, withheld: true}, c.tenant(), c.client()}
}

func (c *chooser) tokenFileNeeds() []requirement {
	return []requirement{{name: varTokenFile, value: c.env.get(varTokenFile)}, c.tenant(), c.client()}
}

// assertion checks the assertion once, to reject early what Entra would reject, and
// reads it again for each token.
func (c *chooser) assertion() (*Credential, error) {
	from := c.assertionSource()
	value, err := from.read()
	if err == nil {
		err = from.check(value, c.now)
	}
	if err != nil {
		return nil, err
	}
	read, _ := readClaims(value)
	chosen := c.atEntra(wayAssertion, fmt.Sprintf("as %s, with an assertion of %s from %s", c.registration(), clean(read.issuer), from.name),
		federatedSource{c.registration(), from.assert, new(sync.Once)})
	if read.notBefore.After(c.now.Add(clockLeeway)) {
		chosen.Warnings = append(chosen.Warnings, fmt.Sprintf("%s is not valid before %s, but this machine's clock shows %s; check the clock",
			from.name, words.Moment(read.notBefore, c.now), clockFace(c.now)))
	}
	return chosen, nil
}

// assertionFrom is the source of the assertion.
type assertionFrom struct {
	name     string // the input or variable
	audience string // the required audience
	read     func() (string, error)
}

func (c *chooser) assertionSource() assertionFrom {
	from := assertionFrom{name: inputAssertion, audience: c.audience()}
	path := c.in.AssertionFile
	switch {
	case c.in.Assertion != "":
		value := c.in.Assertion.Reveal()
		from.read = func() (string, error) { return value, nil }
		return from
	case path != "":
		from.name = inputAssertionFile
	default:
		from.name, path = varTokenFile, c.env.get(varTokenFile)
	}
	open := c.env.ReadFile
	from.read = func() (string, error) {
		text, err := open(from.name, path, maxAssertion)
		return strings.TrimSpace(string(withoutMark(text))), err
	}
	return from
}

// assert returns the assertion for one exchange. It reads a file each time, because
// the file is renewed while a job runs.
func (f assertionFrom) assert(_ context.Context, w Wire) (string, error) {
	value, err := f.read()
	if err != nil {
		return "", err
	}
	w.Hide(value)
	if problem := f.check(value, time.Now()); problem != nil {
		return "", problem
	}
	return value, nil
}

// check says why Entra would reject the value, or returns nil.
func (f assertionFrom) check(value string, now time.Time) error {
	if err := sendable(f.name, input.Secret(value)); err != nil {
		return err
	}
	read, ok := readClaims(value)
	var problem *fault.Error
	switch {
	case value == "":
		problem = fault.Input(f.name, f.name+": name a file that holds a federated token", "%s: the file is empty", f.name)
	case !isToken(value) || !ok || !read.readable: // Entra accepts only signed tokens
		problem = fault.Input(f.name, f.name+": give the complete federated token (a JWT) and nothing else",
			"%s is not a federated token: %s", f.name, whyNoJWT(value))
	case !read.isFor(f.audience):
		problem = fault.New(fault.WrongAudience, "%s is for the audience %s, but must be for %s", f.name,
			input.Quote(clean(strings.Join(read.audience, " "))), f.audience).
			With("ask the issuer for a token with the audience "+f.audience+" (GitLab: `aud` of `id_tokens`)",
				"or set `audience`, if the application's federated credential has another audience")
	case !read.expires.IsZero() && !now.Before(read.expires):
		problem = fault.New(fault.CredentialExpired, "%s expired at %s", f.name, words.Moment(read.expires, now)).
			With("federated tokens are valid for minutes: get one right before the step, or set `assertion-file`, which azstep reads again for each use")
	}
	if problem == nil {
		return nil
	}
	problem.Input = f.name
	return problem
}
