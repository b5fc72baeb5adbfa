package auth

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestShapes(t *testing.T) {
	t.Parallel()
	token := jwt(user(nil))
	basic := base64.StdEncoding.EncodeToString([]byte(":FAKEPATabcdefghijklmnopqrstuvwxyz0123"))
	for value, why := range map[string]string{
		"FAKEPATabcdefghijklmnopqrstuvwxyz0123": "",
		token:                                   "",
		encrypted:                               "",
		token[:strings.LastIndexByte(token, '.')]:   "truncated",
		token[:strings.LastIndexByte(token, '.')+1]: "truncated",
		token[:30]:                        "truncated",
		token + token:                     "too many parts",
		token[:40] + "!" + token[41:]:     "truncated or damaged",
		`{"accessToken":"` + token + `"}`: "JSON",
		`{"accessToken":"` + token:        "JSON",
		`["` + token + `"]`:               "JSON",
		basic:                             "base64",
		strings.TrimRight(basic, "="):     "base64",
		base64.StdEncoding.EncodeToString([]byte("jamal@fabrikam.example:FAKEPATabcdefghijklmnopqrst")): "base64",
		"FAKE PAT 0001": "a space",
		"FAKE:PAT:0001": "characters that PATs do not have",
	} {
		kind, _ := kindOf(value)
		if (kind == unknown) != (why != "") {
			t.Errorf("%.60s is %s", value, kind)
			continue
		}
		if why == "" {
			continue
		}
		err := notAToken("credential", value)
		if !strings.Contains(err.Error(), why) || strings.Contains(strings.Join(append(err.Advice(), err.Error()), " "), value) {
			t.Errorf("%.60s: %v, want %s and not the value", value, err, why)
		}
	}
}

func TestAudiences(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"":                                  "api://AzureADTokenExchange",
		"https://login.microsoftonline.com": "api://AzureADTokenExchange",
		"https://LOGIN.microsoftonline.us/": "api://AzureADTokenExchangeUSGov",
		"https://login.partner.microsoftonline.cn": "api://AzureADTokenExchangeChina",
		"https://127.0.0.1:8443":                   "api://AzureADTokenExchange",
	} {
		if got := (&chooser{in: Inputs{AuthorityHost: host}}).audience(); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
	if got := (&chooser{in: Inputs{AuthorityHost: "https://login.microsoftonline.us", Audience: "FAKE"}}).audience(); got != "FAKE" {
		t.Errorf("the input does not count: %s", got)
	}
}

func TestIssuers(t *testing.T) {
	t.Parallel()
	for issuer, want := range map[string]string{
		"https://token.actions.githubusercontent.com":                        wayGitHub,
		"https://token.actions.githubusercontent.com/fabrikam":               wayGitHub,
		"https://github.fabrikam.example/_services/token":                    wayGitHub,
		"https://token.actions.fabrikam.ghe.com":                             wayGitHub,
		"https://vstoken.dev.azure.com/38aaa865-2c70-4bf7-a308-0c6539c38c1a": wayPipelines,
		"https://gitlab.com": "",
		"https://evil.example/token.actions.githubusercontent.com": "",
		"https://token.actions.githubusercontent.com.evil.example": "",
		"https://login.microsoftonline.com/" + tenantID + "/v2.0":  "",
		"https://evil.example/?https://vstoken.dev.azure.com/":     "",
	} {
		if got := (claims{issuer: issuer}).assertedBy(); got != want {
			t.Errorf("%s: %q, want %q", issuer, got, want)
		}
	}
	if got := (claims{issuer: "https://login.microsoftonline.com/" + tenantID + "/v2.0", subject: "/eid1/c/pub"}).assertedBy(); got != wayPipelines {
		t.Errorf("Entra's own: %q", got)
	}
}
