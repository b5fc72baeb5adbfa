//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"time"
)

const (
	project     = "Fabrikam"
	projectID   = "eb6e4656-77fc-42a1-9181-4c6d8e9da5d1"
	team        = "Fabrikam Team"
	environment = "1"
	client      = "0fab0000-0000-4000-8000-0000000000a1"
	tenant      = "0fab0000-0000-4000-8000-000000000001"
	secret      = "FAKE-CLIENT-SECRET-0001"
	operator    = "ae2c9854-393b-4f97-8c42-479d70ce626e" // the built-in role of IoT Central
)

func operations() []operation {
	return slices.Concat(patOperations(), tokenOperations(), projectOperations(), auditOperations())
}

func pats(j job) string {
	return j.s.env["AZSTEP_ORGANIZATION"] + "/_apis/tokens/pats?api-version=7.1-preview.1"
}

func validTo() string { return time.Now().Add(time.Hour).UTC().Format(time.RFC3339) }

func patOperations() []operation {
	made := proof{http.MethodPost, "/_apis/tokens/pats", http.StatusOK}
	return []operation{{
		name: "mint-pat", rounds: 2, proof: made, args: []string{"mint-pat"},
		inputs: func(job) []string { return []string{"AZSTEP_SCOPES=vso.code"} },
		requests: func(j job) []request {
			return []request{{http.MethodPost, pats(j), fmt.Sprintf(`{"displayName":"bench","scope":"vso.code","validTo":%q,"allOrgs":false}`, validTo())}}
		},
		script: mintScript, node: "mint", az: mintByAz,
	}, {
		name: "revoke-pat", proof: proof{http.MethodDelete, "/_apis/tokens/pats", http.StatusNoContent}, args: []string{"revoke-pat"},
		prepare: func(ctx context.Context, s *services) (string, error) {
			made, err := s.token(ctx, map[string]string{"kind": "pat", "scopes": "vso.code"})
			return made.AuthorizationID, err
		},
		inputs: func(j job) []string { return []string{"AZSTEP_AUTHORIZATION_ID=" + j.subject} },
		requests: func(j job) []request {
			return []request{{http.MethodDelete, pats(j) + "&authorizationId=" + j.subject, ""}}
		},
		node: "revoke", az: revokeByAz,
	}, {
		name: "exec mint-pat -- true", proof: proof{http.MethodDelete, "/_apis/tokens/pats", http.StatusNoContent},
		args:   []string{"exec", "mint-pat", "--", "true"},
		inputs: func(job) []string { return []string{"AZSTEP_SCOPES=vso.code"} },
		script: execScript,
	}}
}

func apiToken(s *services, id string) string {
	return s.env["AZSTEP_APPLICATION"] + "/api/apiTokens/" + id + "?api-version=2022-07-31"
}

func tokenOperations() []operation {
	put := proof{http.MethodPut, "/api/apitokens/", http.StatusOK}
	return []operation{{
		name: "mint-iot-token", proof: put, args: []string{"mint-iot-token"}, iot: true,
		prepare: func(_ context.Context, s *services) (string, error) { return s.unique("bench-"), nil },
		inputs:  func(job) []string { return []string{"AZSTEP_ROLES=operator"} },
		requests: func(j job) []request {
			body := fmt.Sprintf(`{"roles":[{"role":%q}],"expiry":%q}`, operator, validTo())
			return []request{{http.MethodPut, apiToken(j.s, j.subject), body}}
		},
		script: mintIoTScript, az: mintIoTByAz,
	}, {
		name: "revoke-iot-token", proof: proof{http.MethodDelete, "/api/apitokens/", http.StatusNoContent},
		args: []string{"revoke-iot-token"}, iot: true,
		prepare: func(ctx context.Context, s *services) (string, error) {
			id := s.unique("bench-")
			wish := map[string]any{"roles": []map[string]string{{"role": operator}}}
			return id, s.call(ctx, http.MethodPut, apiToken(s, id), "Bearer "+s.iotToken, wish, new(struct{}))
		},
		inputs:   func(j job) []string { return []string{"AZSTEP_TOKEN_ID=" + j.subject} },
		requests: func(j job) []request { return []request{{http.MethodDelete, apiToken(j.s, j.subject), ""}} },
		az:       revokeIoTByAz,
	}, {
		name: "mint-entra-token, with a client secret", proof: proof{http.MethodPost, "/oauth2/v2.0/token", http.StatusOK},
		args: []string{"mint-entra-token"}, form: true,
		inputs: func(job) []string {
			return []string{"AZSTEP_TENANT_ID=" + tenant, "AZSTEP_CLIENT_ID=" + client, "AZSTEP_CLIENT_SECRET=" + secret}
		},
		requests: func(j job) []request {
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {client}, "client_secret": {secret},
				"scope": {"499b84ac-1321-427f-aa17-267ca6975798/.default"}}
			return []request{{http.MethodPost, j.s.env["AZSTEP_AUTHORITY_HOST"] + "/" + tenant + "/oauth2/v2.0/token", form.Encode()}}
		},
		script: entraScript,
	}}
}

func projectOperations() []operation {
	teams := func(j job) string {
		return j.s.env["AZSTEP_ORGANIZATION"] + "/_apis/projects/" + project + "/teams"
	}
	one := func(j job) request {
		return request{http.MethodGet, teams(j) + "/" + url.PathEscape(j.subject) + "?api-version=7.1", ""}
	}
	name := func(j job) []string { return []string{"AZSTEP_TEAM=" + j.subject} }
	return []operation{{
		name: "ensure-team, which exists", proof: proof{http.MethodGet, "/teams", http.StatusOK}, args: []string{"ensure-team"},
		prepare: subject(team), inputs: name,
		requests: func(j job) []request { return []request{one(j)} },
		script:   teamScript, peer: "team", node: "team", az: teamByAz,
	}, {
		name: "ensure-team, which is missing", proof: proof{http.MethodPost, "/teams", http.StatusOK}, args: []string{"ensure-team"},
		prepare: func(_ context.Context, s *services) (string, error) { return s.unique("Bench "), nil }, inputs: name,
		requests: func(j job) []request {
			return []request{one(j), {http.MethodPost, teams(j) + "?api-version=7.1", fmt.Sprintf(`{"name":%q}`, j.subject)}}
		},
		script: teamScript, peer: "team", node: "team", az: teamByAz,
	}, {
		name: "check-permissions, of one environment", proof: proof{http.MethodGet, "/pipelinepermissions/environment/1", http.StatusOK},
		args: []string{"check-permissions"}, prepare: subject(environment),
		inputs: func(j job) []string {
			return []string{"AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_ID=" + j.subject, "AZSTEP_PIPELINES=15"}
		},
		requests: func(j job) []request {
			return []request{{http.MethodGet, permissionsOf(j.s, j.subject), ""}}
		},
		script: permissionsScript, peer: "permissions", node: "permissions", az: permissionsByAz,
	}}
}

// auditOperations are those of people who check and clean up.
func auditOperations() []operation {
	connection := func(j job) string {
		return j.s.env["AZSTEP_ORGANIZATION"] + "/_apis/connectionData?api-version=7.1-preview.1"
	}
	return []operation{{
		name: "ensure-permissions, of one environment", proof: proof{http.MethodPatch, "/pipelinepermissions/environment/1", http.StatusOK},
		args: []string{"ensure-permissions"}, prepare: forbid,
		inputs: func(j job) []string {
			return []string{"AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_ID=" + j.subject, "AZSTEP_PIPELINES=6"}
		},
		requests: func(j job) []request {
			return []request{{http.MethodGet, permissionsOf(j.s, j.subject), ""}, {http.MethodPatch, permissionsOf(j.s, j.subject), permit(true)}}
		},
		script: permitScript, peer: "permit", node: "permit", az: permitByAz, tofu: permitByTofu,
	}, {
		name: "whoami", proof: proof{http.MethodGet, "/_apis/connectiondata", http.StatusOK}, args: []string{"whoami"},
		prepare: subject(""), inputs: func(job) []string { return nil },
		requests: func(j job) []request { return []request{{http.MethodGet, connection(j), ""}} },
		script:   whoamiScript, node: "whoami", az: whoamiByAz,
	}, {
		name: "prune-pats, one of them", proof: proof{http.MethodDelete, "/_apis/tokens/pats", http.StatusNoContent},
		args: []string{"prune-pats"}, prepare: leaveBehind,
		inputs: func(job) []string { return []string{"AZSTEP_OLDER_THAN=24h"} },
		script: pruneScript,
	}}
}

func permissionsOf(s *services, environment string) string {
	return s.env["AZSTEP_ORGANIZATION"] + "/" + project + "/_apis/pipelines/pipelinepermissions/environment/" + environment + "?api-version=7.1-preview.1"
}

// permit is the body that permits pipeline 6, or forbids it.
func permit(authorized bool) string {
	return fmt.Sprintf(`{"pipelines":[{"id":6,"authorized":%t}]}`, authorized)
}

func forbid(ctx context.Context, s *services) (string, error) {
	return environment, s.call(ctx, http.MethodPatch, permissionsOf(s, environment), "Bearer "+s.env["AZSTEP_CREDENTIAL"],
		json.RawMessage(permit(false)), nil)
}

// leaveBehind removes the PATs of earlier rounds, so that each round reads one page,
// and creates one that is two days old.
func leaveBehind(ctx context.Context, s *services) (string, error) {
	control := s.env["AZSTEP_APPLICATION"] + "/_emulator/"
	if err := s.call(ctx, http.MethodPost, control+"reset", "", nil, nil); err != nil {
		return "", err
	}
	pat := map[string]any{"name": "bench [azstep:0000000f]", "age": "48h", "life": "720h"}
	return "", s.call(ctx, http.MethodPost, control+"pats/"+path.Base(s.env["AZSTEP_ORGANIZATION"]), "", pat, nil)
}

func subject(text string) func(context.Context, *services) (string, error) {
	return func(context.Context, *services) (string, error) { return text, nil }
}

// unique returns a name that is not in use.
func (s *services) unique(beginning string) string {
	s.named++
	return fmt.Sprint(beginning, s.named)
}
