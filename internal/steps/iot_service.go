package steps

import (
	"context"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/lease"
)

const kindIoT = "iot-token"

// generatedID begins the ids that azstep makes up, whose rest is random enough
// to be nobody else's.
const generatedID = "azstep-"

// iotService is the lease's view of IoT Central's API tokens. A token that may
// share its id with somebody else's has its expiry, to the millisecond, as part
// of the id that the lease keeps.
type iotService struct {
	api   client.IoTCentral
	roles []client.RoleAssignment
}

func (s *iotService) Issue(ctx context.Context, in lease.Intent) (client.APIToken, string, error) {
	t, err := s.api.CreateToken(ctx, in.Name, s.roles, in.Expires)
	if err != nil {
		return t, "", err
	}
	t.ID, t.Expiry = in.Name, expiryOf(t)
	return t, birthmark(in, t.Expiry), nil
}

// expiryOf is when the token ends: the answer's expiry, or the time that the
// token itself bears, whichever is later.
func expiryOf(t client.APIToken) time.Time {
	end := t.Expiry
	if se, ok := client.SASExpiry(t.Token); ok && se.After(end) {
		end = se
	}
	return end
}

// Find looks the id up. One that a user chose is taken for this intent's only if
// it expires at the very millisecond that was asked for, whatever the id looks
// like: it may be one that an earlier step made up.
func (s *iotService) Find(ctx context.Context, in lease.Intent) ([]string, error) {
	t, ok, err := s.api.Token(ctx, in.Name)
	if err != nil || !ok || in.Shared && !t.Expiry.Equal(in.Expires) {
		return nil, err
	}
	return []string{birthmark(in, t.Expiry)}, nil
}

// Revoke deletes the token unless somebody else's bears its id by now.
func (s *iotService) Revoke(ctx context.Context, mark string) error {
	id, expiry, shared := strings.Cut(mark, " ")
	if shared {
		t, ok, err := s.api.Token(ctx, id)
		if err != nil || !ok || t.Expiry.UTC().Format(time.RFC3339Nano) != expiry {
			return err
		}
	}
	return s.api.DeleteToken(ctx, id)
}

func birthmark(in lease.Intent, expiry time.Time) string {
	if !in.Shared {
		return in.Name
	}
	return in.Name + " " + expiry.UTC().Format(time.RFC3339Nano)
}
