package steps

import (
	"context"
	"slices"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/text"
)

// revokeIoTTokenOperation is the operation's row in the table.
func revokeIoTTokenOperation() Operation {
	return Operation{
		Name: "revoke-iot-token", Does: "deletes IoT Central API tokens",
		Outputs: []string{"revoked"},
		New:     func() Step { return new(revokeIoTToken) },
	}
}

// revokeIoTToken deletes API tokens from an IoT Central application.
type revokeIoTToken struct {
	application
	TokenID input.Words `env:"TOKEN_ID" required:"true"`
}

// Validate checks rules that concern several inputs.
func (r *revokeIoTToken) Validate() []error {
	problems := r.locate()
	var ids input.Words
	for _, id := range r.TokenID {
		if !tokenID.MatchString(id) {
			problems = append(problems, input.Wrong("token-id", id, tokenIDHint))
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	r.TokenID = ids
	return problems
}

// Run deletes the tokens in sequence, and continues after a failure.
func (r *revokeIoTToken) Run(ctx context.Context, e Env) error {
	if e.DryRun {
		return e.rehearsed(ctx, "delete %s", text.Count(len(r.TokenID), "API token"))
	}
	api := client.IoTCentral{Caller: e.Caller, Base: r.at.Base}
	ended, err := revokeAll(ctx, e.Log, r.TokenID, "API token", api.DeleteToken)
	if err != nil {
		return err
	}
	_, err = e.Deliver(ctx, revocation(ended, "API token", "IoT Central API tokens"))
	return err
}
