package auth

import (
	"strings"
	"testing"
)

func TestServes(t *testing.T) {
	pats := Need{Service: AzureDevOps, UserOnly: true}
	teams := Need{Service: AzureDevOps}
	fresh := Need{Service: Entra, TokenOnly: true}
	user := func(scopes string) About {
		return About{Way: wayCredential, Kind: EntraToken, Scopes: strings.Fields(scopes)}
	}
	for _, tt := range []struct {
		about About
		need  Need
		scope string
		why   string // "" if it serves
	}{
		{user("vso.pats_manage"), pats, "vso.pats_manage", ""},
		{user("user_impersonation"), pats, "vso.pats_manage", ""},
		{user("vso.pats"), pats, "vso.pats_manage", "lacks the scope vso.pats_manage"},
		{user("vso.project_manage"), teams, "vso.project_write", ""},
		{user("vso.project_manage"), teams, "vso.project", ""},
		{user("vso.project"), teams, "vso.project_write", "lacks"},
		{user("vso.code_full"), teams, "vso.code_write", ""},
		{user(""), teams, "vso.project", ""},
		{About{Way: wayGitHub, Kind: EntraToken, App: true}, pats, "vso.pats_manage", "only users"},
		{About{Way: wayGitHub, Kind: EntraToken, App: true}, teams, "vso.project_manage", ""},
		{About{Way: wayGitHub, Kind: EntraToken, App: true}, fresh, "", ""},
		{user("vso.pats"), fresh, "", "signs in to Entra"},
		{About{Way: wayCredential, Kind: PAT}, pats, "vso.pats_manage", "not a PAT"},
		{About{Way: wayCredential, Kind: PAT}, teams, "vso.project_manage", ""},
		{About{Way: wayJobToken, Kind: JobToken}, teams, "vso.project_manage", ""},
		{About{Way: wayCredential, Kind: SAS}, teams, "", "not an IoT Central API token"},
	} {
		ok, why := tt.about.Serves(tt.need, tt.scope)
		if ok != (tt.why == "") || !strings.Contains(why, tt.why) {
			t.Errorf("%+v for %+v with %s: %v %q, want %q", tt.about, tt.need, tt.scope, ok, why, tt.why)
		}
	}
}
