package steps

import (
	"context"
	"fmt"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/transport"
)

// ReleaseNeed returns the requirements on the credential that can revoke this kind
// of credential.
func ReleaseNeed(kind string) (auth.Need, transport.Kind, bool) {
	switch kind {
	case kindPAT:
		return new(mintPAT).Need(), transport.Token, true
	case kindIoT:
		return new(mintIoTToken).Need(), transport.IoT, true
	default:
		return auth.Need{}, 0, false
	}
}

// Release revokes what an earlier run's intent may have left behind, and returns how
// many credentials those were.
func Release(ctx context.Context, caller *client.Caller, in lease.Intent) (lease.Count, error) {
	base, err := client.ParseBase(in.Base)
	if err != nil {
		return lease.Count{}, err
	}
	switch in.Kind {
	case kindPAT:
		return lease.Release(ctx, &patService{api: client.PATs{Caller: caller, Base: base}}, in)
	case kindIoT:
		return lease.Release(ctx, &iotService{api: client.IoTCentral{Caller: caller, Base: base}, late: true}, in)
	default:
		return lease.Count{}, fmt.Errorf("this version of azstep cannot revoke %q", in.Kind)
	}
}
