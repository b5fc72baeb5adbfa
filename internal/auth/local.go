package auth

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"azstep/internal/fault"
	"azstep/internal/input"
	"azstep/internal/pattern"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// cliSource asks the Azure CLI, which signs in by itself.
type cliSource struct{ registration }

// plainScope is a scope that azidentity puts on the command line of az.
var plainScope = pattern.New(`^[0-9A-Za-z._:/-]+$`)

func (c *chooser) azureCLI() (*Credential, error) {
	if !plainScope.MatchString(c.need.scope()) {
		return nil, input.Wrong("resource", c.need.scope(), "for azure-cli, a scope of letters, digits and . - _ / : alone")
	}
	return c.fetched(wayCLI, "as whoever signed in with `az login`", cliSource{c.registration()}), nil
}

func (s cliSource) fetch(ctx context.Context, _ Wire) (grant, error) {
	credential, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: s.tenant})
	if err != nil {
		return grant{}, fault.New(fault.InvalidInput, "prepare to ask the Azure CLI: %w", err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.scope}})
	if err != nil {
		return grant{}, s.explainCLI(ctx, err)
	}
	return grant{Token: Token{Value: token.Token, Expires: token.ExpiresOn}}, nil
}

func (s cliSource) explainCLI(ctx context.Context, err error) *fault.Error {
	const doing = "get an Entra token from the Azure CLI"
	var refused *azidentity.AuthenticationFailedError
	switch {
	case ctx.Err() != nil:
		return ended(ctx, doing)
	case errors.As(err, &refused):
	case !strings.Contains(err.Error(), "not found on path"): // the text may quote what az wrote
		return fault.New(fault.BadResponse, "%s: az did not answer with a token", doing).With("try `az account get-access-token`; an old az may need an update")
	default:
		return fault.New(fault.MissingCredential, "%s: az is not installed, or not on PATH", doing).
			With("install the Azure CLI and run `az login`; or set the inputs of another way to authenticate: `azstep help` lists them under auth")
	}
	said := firstLine(cliError(refused.Error()))
	code := fault.CredentialRejected
	if known, ok := findRefusal(numbersIn(said)); ok {
		code = known.code
	}
	return fault.New(code, "%s: %s", doing, said).
		With("run `az login` (with --tenant, if tenant-id is set), or name another way in auth")
}

// cliError is the line in which az says what is wrong.
func cliError(text string) string {
	text, _, _ = strings.Cut(strings.TrimPrefix(text, "AzureCLICredential: "), " To troubleshoot, visit")
	if _, after, ok := strings.Cut(text, "ERROR: "); ok {
		return after
	}
	return text
}

// managedSource asks the machine for the token of its managed identity.
type managedSource struct{ registration }

func (c *chooser) managed() (*Credential, error) {
	whose := "as this machine's managed identity"
	if c.in.ClientID != "" {
		whose += " " + c.in.ClientID
	}
	return c.fetched(wayManaged, whose, managedSource{c.registration()}), nil
}

// metadataTimeout is for one attempt: where there is no metadata endpoint,
// nothing answers at all.
const metadataTimeout = 10 * time.Second

// fetch asks again after 404 and 410, too, with which the endpoint answers while
// it is being updated: learn.microsoft.com, "How to use managed identities on an
// Azure VM to acquire an access token", error handling.
func (s managedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	impatient := *w.Client
	impatient.Timeout = metadataTimeout
	w.Client = &impatient
	carry := &courier{wire: w, also: []int{http.StatusNotFound, http.StatusGone}}
	options := azidentity.ManagedIdentityCredentialOptions{ClientOptions: azcore.ClientOptions{
		Transport: carry.client(), Retry: policy.RetryOptions{MaxRetries: -1},
	}}
	if s.client != "" {
		options.ID = azidentity.ClientID(s.client)
	}
	credential, err := azidentity.NewManagedIdentityCredential(&options)
	if err != nil {
		return grant{}, fault.New(fault.MissingCredential, "prepare to ask for the managed identity: %w", err)
	}
	token, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{s.scope}})
	if err != nil {
		return grant{}, s.explainManaged(ctx, carry)
	}
	return grant{Token: Token{Value: token.Token, Expires: token.ExpiresOn}}, nil
}

func (s managedSource) explainManaged(ctx context.Context, carry *courier) *fault.Error {
	const doing = "get a token for the managed identity"
	const hint = "managed-identity works on machines in Azure (or connected by Azure Arc) that have an identity assigned: the machine's page > Identity"
	switch {
	case carry.failure != nil || ctx.Err() != nil:
		return unreachable(ctx, doing, carry.failure).With(hint)
	case isBusy(carry.status):
		return answer{status: carry.status}.busy(doing)
	case carry.status < 300:
		return fault.New(fault.BadResponse, "%s: HTTP %d without a token", doing, carry.status)
	}
	whose := "a system-assigned identity"
	if s.client != "" {
		whose = "the identity " + s.client
	}
	f := fault.New(fault.CredentialRejected, "%s: HTTP %d: the machine does not have %s", doing, carry.status, whose)
	f.Status = carry.status
	return f.With(hint, "a user-assigned identity is named by client-id; leave client-id (AZURE_CLIENT_ID) out for the system-assigned one")
}
