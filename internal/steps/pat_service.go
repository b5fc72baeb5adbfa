package steps

import (
	"context"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/lease"
)

const kindPAT = "pat"

// patService is the lease's view of the PAT API.
type patService struct {
	api     client.PATs
	scope   string
	allOrgs bool
}

func (s *patService) Issue(ctx context.Context, in lease.Intent) (client.PAT, string, error) {
	p, err := s.api.Create(ctx, client.CreatePAT{DisplayName: in.Name, Scope: s.scope, ValidTo: in.Expires, AllOrgs: s.allOrgs})
	return p, p.AuthorizationID, err
}

// Find looks for the name, whose marker no other PAT bears.
func (s *patService) Find(ctx context.Context, in lease.Intent) ([]string, error) {
	return findPATs(ctx, s.api, in.Name)
}

func (s *patService) Revoke(ctx context.Context, id string) error {
	return s.api.Revoke(ctx, id)
}

// findPATs lists the ids of the user's active PATs that bear exactly this name.
func findPATs(ctx context.Context, api client.PATs, name string) ([]string, error) {
	var ids []string
	for p, err := range api.All(ctx) {
		if err != nil {
			return nil, err
		}
		if p.DisplayName == name {
			ids = append(ids, p.AuthorizationID)
		}
	}
	return ids, nil
}
