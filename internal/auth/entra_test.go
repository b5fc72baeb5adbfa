package auth

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/pattern"

	"github.com/google/go-cmp/cmp"
)

// ask authorizes twice and returns the value of the header. The second time must not
// send a request.
func ask(t *testing.T, c *Credential) string {
	t.Helper()
	first, err := c.Authorize(t.Context())
	if err != nil {
		t.Fatalf("authorize: %v", err)
	}
	second, err := c.Authorize(t.Context())
	if err != nil || second != first {
		t.Fatalf("authorize again: %q, %v; want %q", second, err, first)
	}
	return first
}

func TestKeylessTakesTwoRequests(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		way      string
		env      func(*service) Environment
		want     []string
		query    string
		suppress string
	}{
		{wayGitHub, onGitHubAt, []string{"GET /github", "POST " + tokenPath}, "run=1&audience=api%3A%2F%2FAzureADTokenExchange", ""},
		{wayPipelines, onAzureAt, []string{"POST /azure", "POST " + tokenPath}, "api-version=7.1&serviceConnectionId=" + connection, "Suppress"},
	} {
		t.Run(c.way, func(t *testing.T) {
			t.Parallel()
			s := entra(t)
			in := identified(s)
			in.ServiceConnectionID = connection
			chosen, n := choose(t, s, in, devOps, c.env(s))
			if got := ask(t, chosen); chosen.Way != c.way || got != "Bearer "+applicationToken {
				t.Errorf("%s: %s", chosen.Way, got)
			}
			if diff := cmp.Diff(c.want, s.routes()); diff != "" {
				t.Error(diff)
			}
			host, exchange := s.asked()[0], s.asked()[1]
			if host.Query != c.query || host.Header.Get("Authorization") != "Bearer "+fakeJob || host.Length != 0 || host.Header.Get("X-TFS-FedAuthRedirect") != c.suppress {
				t.Errorf("asked the host with %+v", host)
			}
			form := exchange.Form
			if form.Get("client_assertion") != assertion0 || form.Get("client_id") != clientID || form.Get("grant_type") != "client_credentials" ||
				!slices.Contains(strings.Fields(form.Get("scope")), azureDevOpsApp+"/.default") || form.Has("claims") {
				t.Errorf("asked Entra with %v", form)
			}
			if diff := cmp.Diff([]string{assertion0, applicationToken}, n.hidden); diff != "" {
				t.Errorf("hidden:\n%s", diff)
			}
			if want := []string{"authenticating with " + chosen.Why + "; token: subject app-0001, audience Azure DevOps"}; !cmp.Equal(want, n.lines) {
				t.Errorf("logged %q", n.lines)
			}
			if from, name := chosen.Asserter(); chosen.Authority().String() != s.URL || !strings.HasPrefix(from.String(), s.URL+"/") || name == "" {
				t.Errorf("authority %v, assertion from %s, as %s says", chosen.Authority(), from, name)
			}
		})
	}
}

func TestClientSecretTakesOneRequest(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, _ := choose(t, s, in, iot, Environment{Local: true})
	ask(t, chosen)
	token, err := chosen.Token(t.Context())
	if left := time.Until(token.Expires); err != nil || left < 50*time.Minute || left > time.Hour {
		t.Errorf("%v, expires in %v", err, left)
	}
	if diff := cmp.Diff([]string{"POST " + tokenPath}, s.routes()); diff != "" {
		t.Error(diff)
	}
	form := s.asked()[0].Form
	if form.Get("client_secret") != fakeSecret || !strings.Contains(form.Get("scope"), iotCentralURI+"/.default") {
		t.Errorf("asked with %v", form)
	}
}

// A region in the environment must neither cause a request nor send the secret to
// another host.
func TestRegionInTheEnvironmentChangesNothing(t *testing.T) {
	for _, region := range []string{"westeurope", "TryAutoDetect"} {
		t.Setenv("AZURE_REGIONAL_AUTHORITY_NAME", region)
		t.Setenv("REGION_NAME", "northeurope") // the variable that TryAutoDetect reads first
		s := entra(t)
		in := identified(s)
		in.ClientSecret = fakeSecret
		chosen, _ := choose(t, s, in, devOps, Environment{Local: true})
		ask(t, chosen)
		if diff := cmp.Diff([]string{"POST " + tokenPath}, s.routes()); diff != "" {
			t.Errorf("%s:\n%s", region, diff)
		}
	}
}

func TestConcurrentRequestsShareOneToken(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	chosen, _ := choose(t, s, in, devOps, onGitHubAt(s))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, err := chosen.Authorize(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(s.asked()); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
}

func TestConcurrentRequestsShareOneRefusal(t *testing.T) {
	t.Parallel()
	s := serve(t, alike(401, map[string]any{"error": "invalid_client", "error_codes": []int{7000215}}))
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, _ := choose(t, s, in, devOps, Environment{Local: true})
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, err := chosen.Authorize(t.Context()); !fault.Is(err, fault.CredentialRejected) {
				t.Errorf("got %v", err)
			}
		})
	}
	group.Wait()
	if got := len(s.asked()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestTokenIsRenewedBeforeItExpires(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, _ := choose(t, s, in, devOps, Environment{Local: true})
	ask(t, chosen)
	chosen.renewal = time.Now() // as it is two minutes before the token expires
	ask(t, chosen)
	if got := len(s.asked()); got != 2 {
		t.Errorf("%d requests, want 2", got)
	}
	if _, known := chosen.Expires(); known {
		t.Error("the expiry of a token that was not fetched yet is known")
	}
}

func TestRenewAt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ life, want time.Duration }{
		{time.Hour, 58 * time.Minute}, {10 * time.Minute, 9 * time.Minute}, {time.Second, 900 * time.Millisecond},
	} {
		if got := renewAt(Token{Expires: now.Add(c.life)}, now).Sub(now); got != c.want {
			t.Errorf("a token of %v is renewed after %v, want %v", c.life, got, c.want)
		}
	}
	if !renewAt(Token{}, now).IsZero() {
		t.Error("a token without end is renewed")
	}
}

func TestGivenCredentialsAreSentUnchanged(t *testing.T) {
	t.Parallel()
	userToken, sas := jwt(user(nil)), pattern.SASPrefix+"sr=1&sig=FAKE&se=1795276800000"
	for _, c := range []struct {
		name, value string
		need        Need
		env         Environment
		want        string
	}{
		{"Entra token", userToken, pats, Environment{}, "Bearer " + userToken},
		{"encrypted Entra token", encrypted, pats, Environment{}, "Bearer " + encrypted},
		{"PAT", fakePAT, devOps, Environment{}, "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+fakePAT))},
		{"IoT Central token", sas, iot, Environment{}, sas},
		{"job token", "", devOps, azureEnv(wayJobToken, fakeJob), "Bearer " + fakeJob},
	} {
		s := entra(t)
		chosen, n := choose(t, s, with("credential", c.value), c.need, c.env)
		if got := ask(t, chosen); got != c.want {
			t.Errorf("%s: sends %q", c.name, got)
		}
		if from, _ := chosen.Asserter(); len(s.asked()) != 0 || len(n.lines) != 1 || from != nil || chosen.Authority() != nil {
			t.Errorf("%s: asked %v, logged %q", c.name, s.routes(), n.lines)
		}
	}
}

func TestCredentialsDoNotPrint(t *testing.T) {
	t.Parallel()
	s := entra(t)
	chosen, _ := choose(t, s, with("credential", fakePAT), devOps, Environment{})
	token, err := chosen.Token(t.Context())
	if err != nil || token.Value != fakePAT {
		t.Fatalf("%q, %v", token.Value, err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		if got := fmt.Sprintf(verb+" "+verb, chosen, token); strings.Contains(got, fakePAT) || got != chosen.Why+" ***" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestWaitingForTheTokenCanBeCancelled(t *testing.T) {
	t.Parallel()
	chosen, _ := choose(t, entra(t), with("credential", fakePAT), devOps, Environment{})
	chosen.turn <- struct{}{} // as if another request were fetching the token
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := chosen.Authorize(gone)
	expectFault(t, err, fault.Cancelled, "wait for the credential")
}

// main ends the context with a cause that determines the exit code.
func TestCauseOfTheContextDecidesTheExitCode(t *testing.T) {
	t.Parallel()
	s := entra(t)
	in := identified(s)
	in.ClientSecret = fakeSecret
	chosen, _ := choose(t, s, in, devOps, Environment{Local: true})
	cause := fault.New(fault.Cancelled, "stopped by SIGTERM")
	cause.Exit = 143
	gone, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	_, err := chosen.Authorize(gone)
	expectFault(t, err, fault.Cancelled, ": stopped by SIGTERM")
	if exit := fault.From(err).ExitCode(); exit != 143 {
		t.Errorf("exit %d", exit)
	}
}

func TestRefreshTokenTakesOneRequest(t *testing.T) {
	t.Parallel()
	userToken := jwt(user(nil))
	const newRefresh = "FAKE-REFRESH-TOKEN-0002"
	for _, c := range []struct {
		name    string
		secret  string
		handed  string
		rotated bool
	}{
		{"public client", "", newRefresh, true},
		{"confidential client", fakeSecret, newRefresh, true},
		{"none handed back", "", "", false},
		{"the same handed back", "", fakeFresh, false},
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			answer := grants(userToken)
			if c.handed != "" {
				answer["refresh_token"] = c.handed
			}
			sendJSON(w, 200, answer)
		})
		in := identified(s)
		in.RefreshToken, in.ClientSecret = fakeFresh, input.Secret(c.secret)
		chosen, n := choose(t, s, in, pats, Environment{})
		if got := ask(t, chosen); got != "Bearer "+userToken {
			t.Errorf("%s: %q", c.name, got)
		}
		if len(s.asked()) != 1 {
			t.Errorf("%s: asked %v", c.name, s.routes())
		}
		form := s.asked()[0].Form
		if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != fakeFresh || form.Get("client_secret") != c.secret ||
			form.Get("client_id") != clientID || form.Get("scope") != azureDevOpsApp+"/.default offline_access" || s.asked()[0].Path != tokenPath {
			t.Errorf("%s: asked with %v", c.name, form)
		}
		got, rotated := chosen.NewRefreshToken()
		if rotated != c.rotated || rotated && (got != newRefresh || !slices.Contains(n.hidden, newRefresh)) {
			t.Errorf("%s: new refresh token %q %v, hidden %q", c.name, got, rotated, n.hidden)
		}
	}
}

func TestFetchedApplicationTokenIsRejectedForUserOnlyAPIs(t *testing.T) {
	t.Parallel()
	s := serve(t, alike(200, grants(applicationToken)))
	in := identified(s)
	in.RefreshToken = fakeFresh
	chosen, _ := choose(t, s, in, pats, Environment{})
	_, err := chosen.Authorize(t.Context())
	expectFault(t, err, fault.AppOnlyCredential)
	if exit := fault.From(err).ExitCode(); exit != 1 {
		t.Errorf("exit %d, want 1, because a request was sent", exit)
	}
}

func TestDeadlineEndsTheFetch(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(hang) })
	for _, c := range []struct {
		name string
		in   func(*Inputs)
		env  Environment
	}{
		{"assertion", func(*Inputs) {}, onGitHubAt(s)},
		{"client secret", func(in *Inputs) { in.ClientSecret = fakeSecret }, Environment{}},
		{"refresh token", func(in *Inputs) { in.RefreshToken = fakeFresh }, Environment{}},
	} {
		in := identified(s)
		c.in(&in)
		chosen, _ := choose(t, s, in, devOps, c.env)
		soon, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		_, err := chosen.Authorize(soon)
		cancel()
		expectFault(t, err, fault.Timeout, "get an")
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = chosen.Authorize(gone)
		expectFault(t, err, fault.Cancelled)
		if fault.From(err).MaybeDone {
			t.Errorf("%s: a request for a token must not count as a mint", c.name)
		}
	}
}
