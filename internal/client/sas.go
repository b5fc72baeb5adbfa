package client

import (
	"time"

	"github.com/azstep/azstep/internal/pattern"
)

// SASExpiry is the end that an API token says of itself.
func SASExpiry(token string) (time.Time, bool) {
	sas, _ := pattern.ParseSAS(token)
	return sas.Expires, !sas.Expires.IsZero()
}
