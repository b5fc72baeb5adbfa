package task

import (
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

var names = []string{"operation", "scopes", "resource-type", "auth", "credential", "refresh-token", "tenant-id", "client-id", "client-secret", "service-connection-id", "authority-host", "ca-file"}

const id = "0fab0000-0000-4000-8000-0000000000c1"

func TestEnvironment(t *testing.T) {
	t.Parallel()
	connection := func(scheme string, more map[string]string) map[string]string {
		env := map[string]string{
			"INPUT_AZURESUBSCRIPTION": id, "ENDPOINT_AUTH_SCHEME_" + id: scheme,
			"ENDPOINT_AUTH_PARAMETER_" + id + "_TENANTID": "tenant", "ENDPOINT_AUTH_PARAMETER_" + id + "_SERVICEPRINCIPALID": "client",
		}
		for name, value := range more {
			env[name] = value
		}
		return env
	}
	for name, c := range map[string]struct{ env, want map[string]string }{
		"declared inputs alone": {
			map[string]string{
				"INPUT_RESOURCETYPE": " queue ", "INPUT_RESOURCE_TYPE": "x", "INPUT_RESOURCE-TYPE": "x", "INPUT_UNKNOWN": "x", "AZSTEP_SCOPES": "x", "AZURE_TENANT_ID": "x",
				"AZURESUBSCRIPTION_TENANT_ID": "x", "SYSTEM_ACCESSTOKEN": "x", "ENDPOINT_AUTH_SCHEME_other": "x", "SECRET_X": "x",
				"VSTS_TASKVARIABLE_OTHER": "x", "GITHUB_ACTIONS": "true", "PATH": "/bin", "HTTPS_PROXY": "p", "SYSTEM_TEAMPROJECT": "Fabrikam",
			},
			map[string]string{"INPUT_RESOURCE-TYPE": "queue", "PATH": "/bin", "HTTPS_PROXY": "p", "SYSTEM_TEAMPROJECT": "Fabrikam"},
		},
		"a macro is no value":    {map[string]string{"INPUT_SCOPES": "$(scopes)", "INPUT_AUTH": "$(a) $(b)"}, map[string]string{"INPUT_AUTH": "$(a) $(b)"}},
		"the state":              {map[string]string{"VSTS_TASKVARIABLE_AZSTEP": "nonce {}"}, map[string]string{"VSTS_TASKVARIABLE_AZSTEP": "nonce {}"}},
		"the job's token":        {map[string]string{"ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN": "FAKE"}, map[string]string{"SYSTEM_ACCESSTOKEN": "FAKE"}},
		"the job's token, whole": {map[string]string{"ENDPOINT_AUTH_SYSTEMVSSCONNECTION": `{"parameters":{"AccessToken":"FAKE"},"scheme":"OAuth"}`}, map[string]string{"SYSTEM_ACCESSTOKEN": "FAKE"}},
		"the proxy's password":   {map[string]string{"SECRET_AGENT_PROXYPASSWORD": "FAKE"}, map[string]string{"AGENT_PROXYPASSWORD": "FAKE"}},
		"workload identity": {
			connection("WorkloadIdentityFederation", nil),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_SERVICE-CONNECTION-ID": id},
		},
		"without a scheme": {
			connection("", nil),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_SERVICE-CONNECTION-ID": id},
		},
		"what is given goes before": {
			connection("WorkloadIdentityFederation", map[string]string{"INPUT_CLIENTID": "mine"}),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "mine", "INPUT_SERVICE-CONNECTION-ID": id},
		},
		"client secret": {
			connection("ServicePrincipal", map[string]string{"ENDPOINT_AUTH_PARAMETER_" + id + "_SERVICEPRINCIPALKEY": "FAKE"}),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_CLIENT-SECRET": "FAKE"},
		},
		"managed identity": {
			connection("ManagedServiceIdentity", map[string]string{"INPUT_AUTH": "auto"}),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_AUTH": "managed-identity"},
		},
		"another cloud": {
			connection("WorkloadIdentityFederation", map[string]string{"ENDPOINT_DATA_" + id + "_ENVIRONMENTAUTHORITYURL": "https://login.microsoftonline.us/"}),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_SERVICE-CONNECTION-ID": id, "INPUT_AUTHORITY-HOST": "https://login.microsoftonline.us"},
		},
		"no cloud of Microsoft's": {
			connection("WorkloadIdentityFederation", map[string]string{"ENDPOINT_DATA_" + id + "_ENVIRONMENTAUTHORITYURL": "https://evil.example/"}),
			map[string]string{"INPUT_TENANT-ID": "tenant", "INPUT_CLIENT-ID": "client", "INPUT_SERVICE-CONNECTION-ID": id},
		},
	} {
		got, warnings, problems := Environment(c.env, names)
		if diff := cmp.Diff(c.want, got); diff != "" || len(problems)+len(warnings) > 0 {
			t.Errorf("%s: %v %v %s", name, warnings, problems, diff)
		}
	}
}

func TestEnvironmentRefuses(t *testing.T) {
	t.Parallel()
	for want, env := range map[string]map[string]string{
		"both set":                       {"INPUT_AZURESUBSCRIPTION": id, "INPUT_AZUREDEVOPSCONNECTION": id},
		"did not pass it":                {"INPUT_AZURESUBSCRIPTION": id},
		`scheme is "Token"`:              {"INPUT_AZUREDEVOPSCONNECTION": id, "ENDPOINT_AUTH_SCHEME_" + id: "Token"},
		"it signs in with a certificate": {"INPUT_AZURESUBSCRIPTION": id, "ENDPOINT_AUTH_SCHEME_" + id: "ServicePrincipal", "ENDPOINT_AUTH_PARAMETER_" + id + "_AUTHENTICATIONTYPE": "spnCertificate"},
	} {
		_, _, problems := Environment(env, names)
		if len(problems) != 1 || !fault.Is(problems[0], fault.InvalidInput) || !strings.Contains(problems[0].Error(), want) || len(fault.From(problems[0]).Hints) == 0 {
			t.Errorf("%q: %v", want, problems)
		}
	}
}

// A variable of the job may have the name of an input: azstep warns the user, and
// ignores it if the input decides whom to trust.
func TestVariablesWithTheNamesOfInputs(t *testing.T) {
	t.Parallel()
	const listed = `["a", "input.Scopes", "INPUT_TRUSTEDHOSTS", "INPUT_TEAM"]`
	known, warnings, problems := Environment(map[string]string{
		"INPUT_SCOPES": "x", "INPUT_TRUSTEDHOSTS": "evil.example", "INPUT_TEAM": "", "VSTS_PUBLIC_VARIABLES": listed,
	}, append(names, "trusted-hosts"))
	if len(problems) > 0 || len(warnings) != 2 || known["INPUT_SCOPES"] != "x" || known["INPUT_TRUSTED-HOSTS"] != "" {
		t.Errorf("%v %v %v", known, warnings, problems)
	}
	if _, warnings, problems := Environment(map[string]string{"INPUT_SCOPES": "x", "VSTS_PUBLIC_VARIABLES": `no list`}, names); len(warnings)+len(problems) > 0 {
		t.Error(warnings, problems)
	}
}
