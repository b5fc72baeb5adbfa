package auth

import (
	"context"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"

	"github.com/google/go-cmp/cmp"
)

func TestInputsDecode(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"INPUT_CREDENTIAL": " " + fakePAT + "\n", "AZURE_TENANT_ID": "contoso.onmicrosoft.com",
		"AZURE_CLIENT_ID": clientID, "AZURESUBSCRIPTION_CLIENT_ID": connection, "AZURE_CLIENT_SECRET": fakeSecret,
		"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": connection, "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
	}
	want := Inputs{
		Auth: "auto", Credential: fakePAT, TenantID: "contoso.onmicrosoft.com", ClientID: clientID, ClientSecret: fakeSecret,
		ServiceConnectionID: connection, AuthorityHost: "https://login.microsoftonline.us/",
	}
	var got Inputs
	if problems := input.NewSource(env, false, true).Decode(context.Background(), &got); problems != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.authority().String() != "https://login.microsoftonline.us" {
		t.Errorf("authority is %q", got.authority())
	}
}

func TestInputsValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   Inputs
		want []string // the inputs that the problems name
	}{
		{"nothing set", Inputs{}, nil},
		{"all well", Inputs{Auth: wayGitHub, TenantID: strings.ToUpper(tenantID), ClientID: clientID, ServiceConnectionID: connection, AuthorityHost: "https://127.0.0.1:8443"}, nil},
		{"everything wrong", Inputs{Auth: "oidc", TenantID: "a/b", ClientID: "web", ServiceConnectionID: "arm", AuthorityHost: "http://x"},
			[]string{"auth", "tenant-id", "client-id", "service-connection-id", "authority-host"}},
		{"tenant that is none", Inputs{TenantID: "common"}, []string{"tenant-id"}},
		{"tenant with dots only", Inputs{TenantID: ".."}, []string{"tenant-id"}},
		{"tenant of another path", Inputs{TenantID: "contoso.com/../evil"}, []string{"tenant-id"}},
		{"tenant with a line", Inputs{TenantID: "contoso.com\n"}, []string{"tenant-id"}},
		{"authority with a path", Inputs{AuthorityHost: "https://login.microsoftonline.com/common"}, []string{"authority-host"}},
		{"authority with a query", Inputs{AuthorityHost: "https://login.microsoftonline.com?x"}, []string{"authority-host"}},
		{"authority with a user", Inputs{AuthorityHost: "https://a@login.microsoftonline.com"}, []string{"authority-host"}},
		{"authority with a fragment", Inputs{AuthorityHost: "https://login.microsoftonline.com#"}, []string{"authority-host"}},
		{"authority without a host", Inputs{AuthorityHost: "https://:443"}, []string{"authority-host"}},
		{"secrets of two lines", Inputs{Credential: "FAKE\nPAT", ClientSecret: "FAKE\x00", RefreshToken: "FAKE\r\nX"}, []string{"credential", "client-secret", "refresh-token"}},
		{"a whole header", Inputs{Credential: "bearer FAKE"}, []string{"credential"}},
		{"a shared access signature is no header", Inputs{Credential: pattern.SASPrefix + "sig=FAKE"}, nil},
	} {
		var blamed []string
		for _, problem := range c.in.Validate() {
			blamed = append(blamed, fault.From(problem).Input)
			if strings.Contains(problem.Error(), "FAKE") {
				t.Errorf("%s: says a secret: %v", c.name, problem)
			}
		}
		if diff := cmp.Diff(c.want, blamed); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}
