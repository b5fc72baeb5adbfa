package auth

import (
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"

	"github.com/google/go-cmp/cmp"
)

var (
	devOps   = Need{Service: AzureDevOps}
	pats     = Need{Service: AzureDevOps, UserOnly: true}
	iot      = Need{Service: IoTCentral}
	entraOut = Need{Service: AzureDevOps, TokenOnly: true}
)

func gitHubEnv(more ...string) Environment {
	e := Environment{Env: map[string]string{varGitHubURL: "https://pipelines.example/token?v=2", varGitHubToken: fakeJob}}
	return withEnv(e, more...)
}

func azureEnv(more ...string) Environment {
	return withEnv(Environment{Azure: true, Env: map[string]string{varPipelinesURL: "https://dev.azure.example/oidc"}}, more...)
}

func local(more ...string) Environment { return withEnv(Environment{Local: true}, more...) }

func withEnv(e Environment, pairs ...string) Environment {
	env := map[string]string{}
	for key, value := range e.Env {
		env[key] = value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	e.Env = env
	return e
}

// with returns inputs from pairs of names and values.
func with(pairs ...string) Inputs {
	in := Inputs{Auth: "auto"}
	for i := 0; i+1 < len(pairs); i += 2 {
		switch name, value := pairs[i], pairs[i+1]; name {
		case "auth":
			in.Auth = value
		case "credential":
			in.Credential = input.Secret(value)
		case "client-secret":
			in.ClientSecret = input.Secret(value)
		case "refresh-token":
			in.RefreshToken = input.Secret(value)
		case "connection":
			in.ServiceConnectionID = value
		case "ids":
			in.TenantID, in.ClientID = tenantID, clientID
		case "tenant":
			in.TenantID = value
		case "client":
			in.ClientID = value
		}
	}
	return in
}

func TestChooseTakes(t *testing.T) {
	t.Parallel()
	job := []string{wayJobToken, fakeJob}
	everything := with("credential", fakePAT, "refresh-token", fakeFresh, "client-secret", fakeSecret, "ids", "", "connection", connection)
	without := func(in Inputs, names ...string) Inputs {
		for _, name := range names {
			switch name {
			case "credential":
				in.Credential = ""
			case "refresh-token":
				in.RefreshToken = ""
			case "client-secret":
				in.ClientSecret = ""
			case "ids":
				in.TenantID, in.ClientID = "", ""
			}
		}
		return in
	}
	for _, c := range []struct {
		name string
		in   Inputs
		need Need
		env  Environment
		want string
		kind Kind
	}{
		{"credential before all", everything, devOps, gitHubEnv(job...), wayCredential, PAT},
		{"refresh token next", without(everything, "credential"), devOps, gitHubEnv(job...), wayRefresh, EntraToken},
		{"client secret next", without(everything, "credential", "refresh-token"), devOps, gitHubEnv(job...), waySecret, EntraToken},
		{"github next", without(everything, "credential", "refresh-token", "client-secret"), devOps, gitHubEnv(job...), wayGitHub, EntraToken},
		{"azure pipelines next", without(everything, "credential", "refresh-token", "client-secret"), devOps, azureEnv(job...), wayPipelines, EntraToken},
		{"job token next", with(), devOps, azureEnv(append(job, wayExtPAT, fakePAT)...), wayJobToken, JobToken},
		{"ids alone do not hide the job token", with("ids", ""), devOps, azureEnv(job...), wayJobToken, JobToken},
		{"PAT of the azure-devops extension next", with(), devOps, azureEnv(wayExtPAT, fakePAT), wayExtPAT, PAT},
		{"the same on GitHub", with(), devOps, gitHubEnv(wayExtPAT, fakePAT), wayExtPAT, PAT},
		{"macro is no token", with(), devOps, azureEnv(wayJobToken, "$(System.AccessToken)", wayExtPAT, fakePAT), wayExtPAT, PAT},
		{"az on a laptop", with(), devOps, local(), wayCLI, EntraToken},
		{"az for a user", with(), pats, local(), wayCLI, EntraToken},
		{"github is nothing on azure", with("ids", ""), devOps, azureEnv(wayJobToken, fakeJob, varGitHubURL, "https://x.example", varGitHubToken, "FAKE-TOKEN"), wayJobToken, JobToken},
		{"no environment token for PATs", with("refresh-token", fakeFresh, "ids", ""), pats, azureEnv(append(job, wayExtPAT, fakePAT)...), wayRefresh, EntraToken},
		{"no environment token for IoT Central", with("ids", "", "connection", connection), iot, azureEnv(append(job, wayExtPAT, fakePAT)...), wayPipelines, EntraToken},
		{"no credential for a token to hand out", with("credential", fakePAT, "ids", ""), entraOut, gitHubEnv(), wayGitHub, EntraToken},
		{"no environment token to hand out", with("client-secret", fakeSecret, "ids", ""), entraOut, azureEnv(append(job, wayExtPAT, fakePAT)...), waySecret, EntraToken},
		{"named client secret beside a refresh token", with("auth", waySecret, "refresh-token", fakeFresh, "client-secret", fakeSecret, "ids", ""), devOps, local(), waySecret, EntraToken},
		{"named managed identity", with("auth", wayManaged), devOps, gitHubEnv(), wayManaged, EntraToken},
		{"named az on a CI host", with("auth", wayCLI), devOps, gitHubEnv(), wayCLI, EntraToken},
		{"named github", with("auth", wayGitHub, "ids", "", "credential", fakePAT), devOps, gitHubEnv(), wayGitHub, EntraToken},
		{"named credential", with("auth", wayCredential, "credential", fakePAT), devOps, local(), wayCredential, PAT},
		{"any scope", with("auth", wayCLI), Need{Service: Entra, Scope: "https://example.com/.default", TokenOnly: true}, local(), wayCLI, EntraToken},
	} {
		got, err := Choose(c.in, c.need, c.env, now)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got.Way != c.want || got.Kind != c.kind {
			t.Errorf("%s: took %s (%s), want %s (%s)", c.name, got.Way, got.Kind, c.want, c.kind)
		}
		if !strings.HasPrefix(got.Why, c.want+" (") {
			t.Errorf("%s: Why is %q, which does not name the way", c.name, got.Why)
		}
	}
}

func TestChooseRecognizesKinds(t *testing.T) {
	t.Parallel()
	userToken, soon := jwt(user(nil)), now.Add(time.Hour)
	jobJWT := jwt(map[string]any{"iss": "app.vstoken.visualstudio.com", "aud": "app.vstoken.visualstudio.com|vso:1", "exp": soon.Unix()})
	sas := pattern.SASPrefix + "sr=1&sig=FAKE&skn=t&se=" + "1795276800000" // 2026-11-21T16:00:00Z
	for _, c := range []struct {
		name, value string
		need        Need
		want        Kind
		expires     time.Time
	}{
		{"52 characters", strings.Repeat("f", 52), devOps, PAT, time.Time{}},
		{"84 characters", strings.Repeat("F", 84), devOps, PAT, time.Time{}},
		{"user token", userToken, devOps, EntraToken, soon},
		{"user token for PATs", userToken, pats, EntraToken, soon},
		{"user by scp alone", jwt(user(map[string]any{"idtyp": nil})), pats, EntraToken, soon},
		{"user by idtyp alone", jwt(user(map[string]any{"scp": nil})), pats, EntraToken, soon},
		{"application where it may", applicationToken, devOps, EntraToken, time.Time{}},
		{"audience in capitals with a slash", jwt(user(map[string]any{"aud": strings.ToUpper(azureDevOpsApp) + "/"})), devOps, EntraToken, soon},
		{"audience as URI", jwt(user(map[string]any{"aud": "https://app.vssps.visualstudio.com/"})), devOps, EntraToken, soon},
		{"audience in an array", jwt(user(map[string]any{"aud": []string{"other", azureDevOpsApp}})), devOps, EntraToken, soon},
		{"no claims", jwt(map[string]any{}), devOps, EntraToken, time.Time{}},
		{"encrypted", encrypted, pats, EntraToken, time.Time{}},
		{"job token", jobJWT, devOps, JobToken, soon},
		{"IoT Central token", sas, iot, SAS, now.Add(4 * time.Hour)},
		{"IoT Central token without end", pattern.SASPrefix + "sig=FAKE", iot, SAS, time.Time{}},
		{"IoT Central token in another form", pattern.SASPrefix + "sig=%zz&se=x", iot, SAS, time.Time{}},
		{"shared access signature in seconds", pattern.SASPrefix + "sig=FAKE&se=1795276800", iot, SAS, now.Add(4 * time.Hour)},
		{"any token for another resource", userToken, Need{Service: Entra, Scope: "https://example.com/.default"}, EntraToken, soon},
		{"IoT Central by URI", jwt(user(map[string]any{"aud": iotCentralURI})), iot, EntraToken, soon},
		{"IoT Central by application id", jwt(user(map[string]any{"aud": iotCentralApp})), iot, EntraToken, soon},
	} {
		got, err := Choose(with("credential", c.value), c.need, gitHubEnv(), now)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		expires, known := got.Expires()
		if got.Kind != c.want || !expires.Equal(c.expires) || known == c.expires.IsZero() {
			t.Errorf("%s: %s until %v, want %s until %v", c.name, got.Kind, expires, c.want, c.expires)
		}
	}
}

func TestChooseRefuses(t *testing.T) {
	t.Parallel()
	application := jwt(user(map[string]any{"idtyp": "app", "scp": nil}))
	gitHubJWT := jwt(map[string]any{"iss": "https://token.actions.githubusercontent.com", "aud": "any"})
	pipelinesJWT := jwt(map[string]any{"iss": "https://vstoken.dev.azure.com/1", "aud": exchangeAudience})
	otherJWT := jwt(map[string]any{"iss": "https://login.microsoftonline.com/1/v2.0", "aud": exchangeAudience})
	jobJWT := jwt(map[string]any{"iss": "app.vstoken.visualstudio.com"})
	for _, c := range []struct {
		name string
		in   Inputs
		need Need
		env  Environment
		code fault.Code
		says []string
	}{
		{"PAT for PATs", with("credential", fakePAT), pats, gitHubEnv(), fault.WrongCredentialKind, []string{"a PAT", "a user's Entra token", "azstep login"}},
		{"SAS for PATs", with("credential", pattern.SASPrefix+"sig=FAKE"), pats, gitHubEnv(), fault.WrongCredentialKind, []string{"an IoT Central API token"}},
		{"job token for PATs", with("credential", jobJWT), pats, gitHubEnv(), fault.WrongCredentialKind, []string{"an Azure Pipelines job token", "mint-entra-token"}},
		{"SAS for Azure DevOps", with("credential", pattern.SASPrefix+"sig=FAKE"), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"a PAT or the job's token"}},
		{"PAT for another resource", with("credential", fakePAT), Need{Service: Entra, Scope: "https://example.com/.default"}, gitHubEnv(), fault.WrongCredentialKind, []string{"requires an Entra token"}},
		{"PAT for IoT Central", with("credential", fakePAT), iot, gitHubEnv(), fault.WrongCredentialKind, []string{"SharedAccessSignature"}},
		{"job token for IoT Central", with("credential", jobJWT), iot, gitHubEnv(), fault.WrongCredentialKind, nil},
		{"GitHub's own token", with("credential", "ghs_FAKEGITHUBTOKEN0001"), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"a GitHub token"}},
		{"fine-grained token of GitHub's for IoT Central", with("credential", "github_pat_FAKE0001"), iot, gitHubEnv(), fault.WrongCredentialKind, []string{"a GitHub token"}},
		{"refresh token in the wrong place", with("credential", "1.AFAKE-REFRESH-TOKEN-0001.x"), pats, gitHubEnv(), fault.WrongCredentialKind, []string{"a refresh token", "pass the value as refresh-token"}},
		{"refresh token for Azure DevOps", with("credential", "0.AFAKE-REFRESH-TOKEN-0001"), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"pass the value as refresh-token"}},
		{"GitHub's assertion", with("credential", gitHubJWT), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"`auth: github-oidc`"}},
		{"Azure Pipelines' assertion", with("credential", pipelinesJWT), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"`auth: azure-pipelines-oidc`"}},
		{"an assertion by its audience", with("credential", otherJWT), devOps, gitHubEnv(), fault.WrongCredentialKind, []string{"set `assertion` to it"}},
		{"application's token for PATs", with("credential", application), pats, gitHubEnv(), fault.AppOnlyCredential, []string{"azstep login", "refresh-token", "mint-entra-token"}},
		{"no sign of a user", with("credential", jwt(user(map[string]any{"idtyp": nil, "scp": nil}))), pats, gitHubEnv(), fault.AppOnlyCredential, nil},
		{"client secret for PATs", with("client-secret", fakeSecret, "ids", ""), pats, gitHubEnv(), fault.AppOnlyCredential, []string{"client-secret gets"}},
		{"github for PATs", with("ids", ""), pats, gitHubEnv(), fault.AppOnlyCredential, nil},
		{"azure pipelines for PATs", with("ids", "", "connection", connection), pats, azureEnv(wayJobToken, fakeJob), fault.AppOnlyCredential, nil},
		{"managed identity for PATs", with("auth", wayManaged), pats, gitHubEnv(), fault.AppOnlyCredential, nil},
		{"named and incomplete for PATs all the same", with("auth", wayGitHub), pats, local(), fault.AppOnlyCredential, nil},
		{"another audience", with("credential", jwt(user(map[string]any{"aud": "https://management.azure.com"}))), devOps, gitHubEnv(), fault.WrongAudience, []string{"management.azure.com", azureDevOpsApp}},
		{"Azure DevOps token for IoT Central", with("credential", jwt(user(nil))), iot, gitHubEnv(), fault.WrongAudience, []string{azureDevOpsApp, iotCentralURI}},
		{"expired", with("credential", jwt(user(map[string]any{"exp": now.Add(-90 * time.Second).Unix()}))), devOps, gitHubEnv(), fault.CredentialExpired, []string{"11:58 UTC (2 min ago)"}},
		{"expired job token", with(), devOps, azureEnv(wayJobToken, jwt(map[string]any{"iss": "app.vstoken.visualstudio.com", "exp": now.Unix()})), fault.CredentialExpired, []string{wayJobToken}},
		{"expired IoT Central token", with("credential", pattern.SASPrefix+"sig=FAKE&se=1763000000000"), iot, gitHubEnv(), fault.CredentialExpired, nil},
		{"credential for a token to hand out", with("auth", wayCredential, "credential", jwt(user(nil))), entraOut, gitHubEnv(), fault.InvalidInput, []string{"github-oidc"}},
		{"no such way", with("auth", "SYSTEM_ACCESSTOKEN"), devOps, azureEnv(wayJobToken, fakeJob), fault.InvalidInput, []string{"managed-identity"}},
		{"two words as a token", with("credential", "FAKE PAT"), devOps, gitHubEnv(), fault.InvalidInput, []string{"space"}},
		{"endpoint without TLS", with("ids", ""), devOps, gitHubEnv(varGitHubURL, "http://pipelines.example/"), fault.InvalidInput, []string{varGitHubURL, "https"}},
		{"the other endpoint without TLS", with("ids", "", "connection", connection), devOps, azureEnv(wayJobToken, fakeJob, varPipelinesURL, "ftp://x"), fault.InvalidInput, []string{varPipelinesURL}},
		{"two scopes", with(), Need{Service: Entra, Scope: "a/.default b/.default", TokenOnly: true}, local(), fault.InvalidInput, []string{"resource"}},
		{"a scope that az cannot be given", with("auth", wayCLI), Need{Service: Entra, Scope: "https://example.com/$(id)/.default", TokenOnly: true}, local(), fault.InvalidInput, []string{"resource", "azure-cli"}},
		{"no scope", with(), Need{Service: Entra, TokenOnly: true}, local(), fault.InvalidInput, nil},
	} {
		_, err := Choose(c.in, c.need, c.env, now)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectFault(t, err, c.code, c.says...)
			if exit := fault.From(err).ExitCode(); exit != 2 {
				t.Errorf("exit %d, want 2: nothing was sent", exit)
			}
		})
	}
}

func TestChooseSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   Inputs
		need Need
		env  Environment
		says []string
	}{
		{"named credential", with("auth", wayCredential), devOps, local(), []string{"auth: credential requires", "not set: `credential`", "a PAT"}},
		{"named refresh token", with("auth", wayRefresh), pats, local(), []string{"not set: `refresh-token`, `tenant-id`, `client-id`", "azstep login"}},
		{"named client secret", with("auth", waySecret, "tenant", tenantID), devOps, local(), []string{"not set: `client-secret`, `client-id`", "AZURE_CLIENT_SECRET"}},
		{"permission for id tokens", with("ids", ""), devOps, Environment{}, []string{"to use github-oidc: give the job `permissions: id-token: write`"}},
		{"named, permission for id tokens", with("auth", wayGitHub, "ids", ""), devOps, Environment{}, []string{"not set: " + varGitHubURL + ", " + varGitHubToken, "id-token: write"}},
		{"fork", with("auth", wayGitHub, "ids", ""), devOps, withEnv(Environment{}, "GITHUB_EVENT_NAME", "pull_request"), []string{"`if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository`"}},
		{"Dependabot", with("ids", ""), devOps, withEnv(Environment{}, "GITHUB_EVENT_NAME", "pull_request", "GITHUB_ACTOR", "dependabot[bot]"), []string{"`if: github.actor != 'dependabot[bot]'`"}},
		{"job token not mapped", with("ids", "", "connection", connection), devOps, azureEnv(), []string{"to use azure-pipelines-oidc: map the job's token", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"}},
		{"job token not expanded", with("auth", wayPipelines, "ids", "", "connection", connection), devOps, azureEnv(wayJobToken, "$(System.AccessToken)"), []string{"not set: SYSTEM_ACCESSTOKEN", "SYSTEM_ACCESSTOKEN: $(System.AccessToken)"}},
		{"nothing on GitHub", with(), devOps, Environment{}, []string{"id-token: write", "tenant-id and client-id"}},
		{"only the permission on GitHub", with(), devOps, gitHubEnv(), []string{"tenant-id and client-id (github-oidc)"}},
		{"only a client on GitHub", with("client", clientID), devOps, gitHubEnv(), []string{"to use github-oidc: set tenant-id"}},
		{"nothing on Azure", with(), devOps, azureEnv(), []string{"SYSTEM_ACCESSTOKEN: $(System.AccessToken)", "azure-pipelines-oidc"}},
		{"nothing for IoT Central on Azure", with(), iot, azureEnv(), []string{"no credential for IoT Central", "set service-connection-id, tenant-id and client-id"}},
		{"ids for IoT Central on Azure", with("ids", ""), iot, azureEnv(wayJobToken, fakeJob), []string{"to use azure-pipelines-oidc: set service-connection-id"}},
		{"nothing for another resource on Azure", with(), Need{Service: Entra, Scope: "https://example.com/.default", TokenOnly: true}, azureEnv(), []string{"no credential for the resource"}},
		{"nothing for PATs on Azure", with(), pats, azureEnv(wayJobToken, fakeJob), []string{"only users can manage PATs", "azstep login"}},
		{"a refresh token alone", with("refresh-token", fakeFresh), pats, gitHubEnv(), []string{"to use refresh-token: set tenant-id", "set client-id"}},
		{"ids for PATs", with("ids", ""), pats, azureEnv(), []string{"to use refresh-token: set refresh-token", "only users"}},
	} {
		_, err := Choose(c.in, c.need, c.env, now)
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			expectFault(t, err, fault.MissingCredential, c.says...)
		})
	}
}

func TestChooseWarns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		in   Inputs
		need Need
		env  Environment
		want []string
	}{
		{"nothing to say", with("credential", fakePAT), devOps, local(), nil},
		{"incomplete ways that were passed over", with("refresh-token", fakeFresh, "tenant", tenantID), devOps, local(), []string{"refresh-token is set but not used: refresh-token also needs `client-id`"}},
		{"credential where none counts", with("credential", fakePAT, "ids", ""), entraOut, gitHubEnv(), []string{"the input credential is not used: this operation gets its own token from Entra"}},
		{"another tenant", with("credential", jwt(user(map[string]any{"tid": connection})), "tenant", tenantID), devOps, local(), []string{"credential belongs to tenant " + connection + ", not to the tenant in tenant-id, " + tenantID + ""}},
		{"the same tenant", with("credential", jwt(user(nil)), "tenant", strings.ToUpper(tenantID)), devOps, local(), nil},
		{"a clock that is behind", with("credential", jwt(user(map[string]any{"nbf": now.Add(6 * time.Minute).Unix()}))), devOps, local(),
			[]string{"credential is not valid before 12:06 UTC (in 6 min), but this machine's clock shows 2026-11-21 12:00 UTC; check the clock"}},
		{"a clock that is a little behind", with("credential", jwt(user(map[string]any{"nbf": now.Add(4 * time.Minute).Unix()}))), devOps, local(), nil},
	} {
		got, err := Choose(c.in, c.need, c.env, now)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(c.want, got.Warnings); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestIdentityChoosesTheSameAgain(t *testing.T) {
	t.Parallel()
	in := with("client-secret", fakeSecret, "ids", "")
	first, err := Choose(in, devOps, gitHubEnv(), now)
	if err != nil {
		t.Fatal(err)
	}
	later := Inputs{Auth: "auto", Credential: fakePAT, ClientSecret: fakeSecret, TenantID: "other.example", AuthorityHost: "https://evil.example"}
	first.Identity().Apply(&later)
	second, err := Choose(later, devOps, azureEnv(wayJobToken, fakeJob), now)
	if err != nil {
		t.Fatal(err)
	}
	want := Identity{Auth: waySecret, TenantID: tenantID, ClientID: clientID, AuthorityHost: "https://" + publicAuthority}
	if diff := cmp.Diff([]Identity{want, want}, []Identity{first.Identity(), second.Identity()}); diff != "" {
		t.Error(diff)
	}
	if got := second.Authority().String(); got != "https://"+publicAuthority {
		t.Errorf("the secret goes to %s", got)
	}
}

func TestIdentityOfAnEnvironmentToken(t *testing.T) {
	t.Parallel()
	chosen, err := Choose(with(), devOps, azureEnv(wayJobToken, fakeJob), now)
	if err != nil {
		t.Fatal(err)
	}
	if got := chosen.Identity().Auth; got != wayAuto {
		t.Errorf("auth is %q, which is not a valid value of the input", got)
	}
	if to := chosen.Authority(); to != nil {
		t.Errorf("a secret goes to %v, want none", to)
	}
}
