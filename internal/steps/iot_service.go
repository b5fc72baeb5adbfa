package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/lease"
)

// iotService adapts IoT Central's API tokens to the lease. An id belongs to one
// token at a time, but an id that a user chose may belong to another token by now.
// For such a token, the lease also keeps the expiry that the service set.
type iotService struct {
	api   client.IoTCentral
	roles []client.RoleAssignment
	// late says that this is a different process from the one that minted: what it
	// finds may be old.
	late bool
}

func (s *iotService) Issue(ctx context.Context, in lease.Intent) (lease.Issued[client.APIToken], error) {
	t, err := s.api.CreateToken(ctx, in.Name, s.roles, in.Expires)
	if err != nil {
		return lease.Issued[client.APIToken]{Value: t}, err
	}
	t.ID = in.Name
	return lease.Issued[client.APIToken]{Value: t, ID: signOf(in, t.Expiry), Expires: lastOf(t)}, nil
}

// lastOf returns the latest expiry in the response: that of the resource or that in
// the token itself.
func lastOf(t client.APIToken) time.Time {
	if se, ok := client.SASExpiry(t.Token); ok && se.After(t.Expiry) {
		return se
	}
	return t.Expiry
}

// Find looks up the id, and checks whether the token belongs to this intent.
func (s *iotService) Find(ctx context.Context, in lease.Intent) ([]string, error) {
	t, ok, err := s.api.Token(ctx, in.Name)
	switch {
	case err != nil || !ok:
		return nil, err
	case !in.Shared:
		return []string{in.Name}, nil
	case in.ID != "" && isSign(in.ID, t.Expiry), t.Expiry.Equal(in.Expires):
		return []string{signOf(in, t.Expiry)}, nil
	case !s.late && t.Expiry.After(in.Expires) && !isRounded(in.Expires, t.Expiry):
		return nil, theirs(in, "it expires at "+stamp(t.Expiry)+", later than this step requested")
	case !s.late && len(t.Roles) > 0 && !sameRoles(t.Roles, s.roles):
		return nil, theirs(in, "it does not have the roles that this step requested")
	}
	return nil, unclear(in, t)
}

// theirs returns the error for a token that someone else created in the meantime.
func theirs(in lease.Intent, why string) error {
	return &lease.Taken{Err: fault.New(fault.TokenExists, "the API token %q exists; %s, so someone else created it", in.Name, why)}
}

// sameRoles compares roles, ignoring their order.
func sameRoles(a, b []client.RoleAssignment) bool {
	if len(a) != len(b) {
		return false
	}
	rest := slices.Clone(b)
	for _, role := range a {
		i := slices.Index(rest, role)
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

// unclear returns the error for a token that may belong to this intent: the service
// may have shortened or rounded its lifetime, or someone else may have taken the id.
func unclear(in lease.Intent, t client.APIToken) error {
	return fault.New(fault.RevokeFailed, "an API token %q exists and expires at %s; this job requested one that expires at %s, so azstep cannot tell whether it is the same token, and did not delete it",
		in.Name, stamp(t.Expiry), stamp(in.Expires)).
		With(fmt.Sprintf("check the API token %s of the application (Permissions > API tokens), and delete it unless someone else created it; without token-id, azstep always recognizes its own tokens", in.Name))
}

// Revoke deletes the token unless the id belongs to a different token by now.
func (s *iotService) Revoke(ctx context.Context, sign string) (gone bool, err error) {
	id, _, shared := strings.Cut(sign, " ")
	if shared {
		t, ok, err := s.api.Token(ctx, id)
		if err != nil || !ok || !isSign(sign, t.Expiry) {
			return err == nil, err
		}
	}
	return s.api.DeleteToken(ctx, id)
}

// signOf returns what the lease keeps of a token: its id and, if the id may be
// shared, its expiry. If the response contained no expiry, signOf uses the requested
// one and adds a question mark: the service may also omit it later.
func signOf(in lease.Intent, expiry time.Time) string {
	switch {
	case !in.Shared:
		return in.Name
	case expiry.IsZero():
		return in.Name + " " + in.Expires.UTC().Format(time.RFC3339Nano) + "?"
	}
	return in.Name + " " + expiry.UTC().Format(time.RFC3339Nano)
}

// isSign reports whether a token with this expiry is the one that the lease keeps.
// Services write times to the millisecond or to the second.
func isSign(sign string, expiry time.Time) bool {
	_, text, _ := strings.Cut(sign, " ")
	text, unknown := strings.CutSuffix(text, "?")
	kept, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || unknown && expiry.IsZero() {
		return err == nil
	}
	return expiry.Truncate(time.Millisecond).Equal(kept.Truncate(time.Millisecond)) || rounds(kept, expiry, time.Second) || rounds(expiry, kept, time.Second)
}

// isRounded reports whether shown can be the requested time, rounded by a service
// that stores less precise times.
func isRounded(asked, shown time.Time) bool {
	for _, unit := range []time.Duration{time.Second, minute, time.Hour, 24 * time.Hour} {
		if rounds(asked, shown, unit) {
			return true
		}
	}
	return false
}

// rounds reports whether shown is exact, rounded up or down to a whole number of
// units.
func rounds(exact, shown time.Time, unit time.Duration) bool {
	return shown.Equal(shown.Truncate(unit)) && shown.Sub(exact).Abs() < unit
}
