//go:build unix

package kills

import (
	"net/http"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// credentialLife is longer than the lifetime of anything minted with the credential.
const credentialLife = 2 * time.Hour

func pats() kind {
	return kind{
		method: http.MethodPost, path: "*/tokens/pats",
		outputs: []string{"authorization-id", "valid-to"},
		inputs: func(s *emulator.Server) map[string]string {
			return map[string]string{
				"operation": "mint-pat", "organization": s.URL() + "/fabrikam", "scopes": "vso.project",
				"credential": s.Token(emulator.TokenOptions{ExpiresIn: credentialLife}),
			}
		},
		alive: func(s *emulator.Server) (ids []string) {
			for _, p := range s.PATs() {
				if p.State == "active" {
					ids = append(ids, p.AuthorizationID)
				}
			}
			return ids
		},
		newest: func(s *emulator.Server) (at time.Time) {
			for _, p := range s.PATs() { // the oldest first
				if p.State == "active" {
					at = p.ValidFrom
				}
			}
			return at
		},
	}
}

func iotTokens() kind {
	return kind{
		method: http.MethodPut, path: "*/apiTokens/*",
		outputs: []string{"token-id", "valid-to"},
		inputs: func(s *emulator.Server) map[string]string {
			return map[string]string{
				"operation": "mint-iot-token", "application": s.URL(), "roles": "operator",
				"credential": s.Token(emulator.TokenOptions{ExpiresIn: credentialLife, Audience: emulator.IoTCentral}),
			}
		},
		alive: func(s *emulator.Server) []string { return aliveTokens(s, time.Time{}) },
		newest: func(s *emulator.Server) (at time.Time) {
			for _, t := range s.APITokens() { // the oldest first
				if t.State == "active" {
					at = t.Created
				}
			}
			return at
		},
	}
}
