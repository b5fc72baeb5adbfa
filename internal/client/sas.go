package client

import (
	"time"

	"github.com/azstep/azstep/internal/pattern"
)

// SASExpiry returns the expiry in an API token.
func SASExpiry(token string) (time.Time, bool) {
	sas, _ := pattern.ParseSAS(token)
	return sas.Expires, !sas.Expires.IsZero()
}
