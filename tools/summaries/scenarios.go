package main

import (
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// scenario is one run whose summary people look at.
type scenario struct {
	title   string
	with    map[string]string // inputs
	policy  string            // the file permissions.yml
	exit    int
	prepare func(*emulator.Server) error
	change  func(*emulator.Server, map[string]string) // inputs that the services know
}

func scenarios() []scenario {
	return append(append(mints(), permissions()...), others()...)
}

func iotCentral(s *emulator.Server, with map[string]string) {
	with["application"] = s.URL()
	with["credential"] = s.Token(emulator.TokenOptions{Audience: emulator.IoTCentral})
}

func clientSecret(s *emulator.Server, with map[string]string) {
	with["authority-host"], with["credential"] = s.URL(), ""
	with["tenant-id"], with["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a1"
	with["client-secret"] = "FAKE-CLIENT-SECRET-0001"
}

func mints() []scenario {
	pat := map[string]string{"operation": "mint-pat", "scopes": "vso.code vso.packaging_write", "lifetime": "15m"}
	iot := map[string]string{"operation": "mint-iot-token", "roles": "org-operator@seattle, Token Minter"}
	return []scenario{
		{title: "mint-pat", with: pat},
		{title: "mint-pat, dry run", with: plus(pat, "dry-run", "true")},
		{title: "mint-pat, refused by a policy", with: plus(pat, "scopes", "app_token"), exit: 1,
			prepare: func(s *emulator.Server) error {
				return s.SetPATPolicy("fabrikam", emulator.PATPolicy{ForbidFullScope: true})
			}},
		{title: "mint-pat, several invalid inputs", with: plus(pat, "lifetime", "400d", "valid-to", "tomorrow", "scopes", ""), exit: 2},
		{title: "mint-pat, an expired credential", with: pat, exit: 1, change: func(s *emulator.Server, with map[string]string) {
			with["credential"] = s.Token(emulator.TokenOptions{Forged: true})
		}},
		{title: "mint-iot-token", with: iot, change: iotCentral},
		{title: "mint-iot-token, dry run", with: plus(iot, "dry-run", "true"), change: iotCentral},
		{title: "mint-iot-token, a role that does not exist", with: plus(iot, "roles", "Superuser"), change: iotCentral, exit: 1},
		{title: "mint-entra-token", with: map[string]string{"operation": "mint-entra-token"}, change: clientSecret},
	}
}

// violated has one rule per kind of violation.
const violated = `version: 1
resources:
  - type: environment
    name: production
    pipelines: [deploy-web, deploy-db]
    exclusive: true
    approvals: required
    branches: [refs/heads/main]
  - type: queue
    name: "Azure*"
  - type: environment
    name: nowhere
  - type: endpoint
    name: "*"
    federated: required
    open-access: forbidden
  - type: variablegroup
    name: production secrets
    pipelines: [deploy-web]
`

func permissions() []scenario {
	one := map[string]string{
		"operation": "check-permissions", "project": "Fabrikam", "resource-type": "environment", "resource-name": "production",
		"pipelines": `deploy-web, \release\deploy-db`,
	}
	policy := map[string]string{"operation": "check-permissions", "project": "Fabrikam", "policy": "permissions.yml"}
	fiber := plus(policy, "project", "Fabrikam Fiber")
	ensure := plus(policy, "operation", "ensure-permissions")
	many := "version: 1\nresources:\n  - {type: environment, name: \"*\", pipelines: [deploy-0001], exclusive: true}\n"
	return []scenario{
		{title: "check-permissions, one resource, not authorized", with: one, exit: 3},
		{title: "check-permissions, one resource, authorized", with: plus(one, "pipelines", "deploy-web")},
		{title: "check-permissions, every resource of a type", with: plus(one, "resource-name", "*", "pipelines", "")},
		{title: "check-permissions, a policy that is violated", with: policy, policy: violated, exit: 3},
		{title: "check-permissions, a policy that is kept", with: policy,
			policy: "version: 1\nresources:\n  - {type: environment, name: \"prod*\", pipelines: [15]}\n"},
		{title: "check-permissions, a policy with a mistake", with: policy,
			policy: "version: 1\nresources:\n  - type: environment\n    nmae: production\n", exit: 2},
		{title: "check-permissions, 120 resources, 90 violations", with: fiber, policy: many, prepare: crowd, exit: 3},
		{title: "ensure-permissions, one resource", with: plus(one, "operation", "ensure-permissions", "exclusive", "true")},
		{title: "ensure-permissions, nothing to change", with: plus(one, "operation", "ensure-permissions", "pipelines", "deploy-web")},
		{title: "ensure-permissions, plan of a policy", with: plus(ensure, "dry-run", "true"), policy: violated, exit: 3},
		{title: "ensure-permissions, a policy", with: ensure, policy: violated, exit: 3},
		{title: "ensure-permissions, plan for 120 resources", with: plus(fiber, "operation", "ensure-permissions", "dry-run", "true"),
			policy: many, prepare: crowd},
	}
}

// crowd adds resources to the project that has none. Three in four violate the policy.
func crowd(s *emulator.Server) error {
	return s.Generate("fabrikam", "Fabrikam Fiber",
		emulator.Bulk{Type: "pipeline", Count: 3, Name: "deploy-#"},
		emulator.Bulk{Type: "environment", Count: 30, Name: "ring-#", Pipelines: []int{1}},
		emulator.Bulk{Type: "environment", Count: 90, Name: "region-#", Pipelines: []int{1, 2}})
}

func others() []scenario {
	team := map[string]string{"operation": "ensure-team", "project": "Fabrikam", "team": "Web", "description": "Builds the shop."}
	prune := map[string]string{"operation": "prune-pats", "older-than": "12h"}
	who := map[string]string{"operation": "whoami"}
	return []scenario{
		{title: "ensure-team", with: team},
		{title: "ensure-team, it exists", with: plus(team, "team", "Quality assurance", "description", "Testing staff")},
		{title: "ensure-team, dry run", with: plus(team, "dry-run", "true")},
		{title: "ensure-team, a project that does not exist", with: plus(team, "project", "Fabrikan"), exit: 1},
		{title: "prune-pats", with: prune, prepare: old},
		{title: "prune-pats, dry run", with: plus(prune, "dry-run", "true"), prepare: old},
		{title: "prune-pats, nothing to revoke", with: prune},
		{title: "revoke-pat", with: map[string]string{"operation": "revoke-pat", "display-name": "nightly run 1 [azstep:0000000f]"}, prepare: old},
		{title: "revoke-iot-token", with: map[string]string{"operation": "revoke-iot-token", "token-id": "azstep-1, azstep-2"}, change: iotCentral},
		{title: "whoami, a user", with: who},
		{title: "whoami, an application", with: who, change: clientSecret},
		{title: "whoami, IoT Central", with: plus(who, "resource", "iot-central"), change: iotCentral},
		{title: "whoami, without permission", with: who, exit: 1, change: func(s *emulator.Server, with map[string]string) {
			with["credential"] = s.Token(emulator.TokenOptions{Name: "raisa@fabrikam.example", Scopes: "user_impersonation"})
		}},
	}
}

func old(s *emulator.Server) error {
	return s.AddOldPATs("fabrikam", emulator.OldPATs{
		Name: "nightly run # [azstep:0000000f]", Scopes: "vso.code vso.build", Age: 48 * time.Hour, Life: 2 * time.Hour, Count: 3,
	})
}

func plus(with map[string]string, pairs ...string) map[string]string {
	all := map[string]string{}
	for name, value := range with {
		all[name] = value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}
