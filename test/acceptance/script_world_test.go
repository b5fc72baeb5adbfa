//go:build unix

package acceptance

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
)

// world is the environment of one script: its own services, a job on a host, and the
// results of all runs.
type world struct {
	dir    string
	server *emulator.Server
	canned *canned
	proxy  *proxy

	host      string
	inputs    map[string]string // by name, in kebab case
	vars      map[string]string // environment variables that the script sets
	absent    map[string]bool   // environment variables that the script removes
	untouched map[string]string // copy of job from before it was tampered with
	job       map[string]string // what earlier steps of the job left in the environment
	steps     []*result         // runs in this job
	last      *result
}

type worldKey struct{}

// newWorld starts the services and sets the variables that every script may use:
//
//	EMU              the emulator's address
//	CA               the file with its certificate
//	IN_30_DAYS       a time, in RFC 3339
//	USER_TOKEN       an Entra token of a user who may manage PATs
//	FULL_TOKEN       a token of the user with all permissions
//	OTHER_TOKEN      a token of another user, only for PATs
//	APP_TOKEN        a token of an application that is a member of the organization
//	EXPIRED_TOKEN    a token of the user that expired an hour ago
//	SHORT_TOKEN      a token of the user that is valid for ten minutes
//	IOT_TOKEN        a token of the user for IoT Central
//	JOB_TOKEN        the token of a job of Azure Pipelines
//	PAT              a PAT with all permissions
//	REFRESH_TOKEN    a refresh token of the user for the client LOGIN_CLIENT
//	GITHUB_ASSERTION an OIDC token of GitHub Actions
//	TENANT           the tenant; CLIENT is its application with a secret
func newWorld(env *testscript.Env, host string) error {
	server, err := emulator.New(emulator.Options{Also: clouds()})
	if err != nil {
		return err
	}
	if err := server.Start("127.0.0.1:0"); err != nil {
		return err
	}
	env.Defer(func() { _ = server.Close() })
	w := &world{
		dir: env.WorkDir, server: server, host: host,
		inputs: map[string]string{}, vars: map[string]string{}, absent: map[string]bool{}, job: map[string]string{},
	}
	env.Values[worldKey{}] = w
	ca := filepath.Join(env.WorkDir, ".emulator-ca.pem")
	if err := os.WriteFile(ca, server.CAPEM(), 0o600); err != nil {
		return err
	}
	w.inputs["ca-file"] = ca
	w.inputs["organization"] = server.URL() + "/fabrikam"
	w.inputs["credential"] = server.Token(emulator.TokenOptions{})
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("EMU", server.URL())
	env.Setenv("CA", ca)
	env.Setenv("IN_30_DAYS", time.Now().UTC().Add(30*24*time.Hour).Format("2006-01-02T15:04:05")+".319Z")
	return w.identities(env)
}

func (w *world) identities(env *testscript.Env) error {
	const loginClient = "0fab0000-0000-4000-8000-0000000000a3"
	job, err := w.server.JobToken("", time.Hour)
	if err != nil {
		return err
	}
	pat, _, err := w.server.AddPAT("fabrikam", "", "app_token", time.Hour)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"USER_TOKEN":       w.inputs["credential"],
		"FULL_TOKEN":       w.server.Token(emulator.TokenOptions{Scopes: "user_impersonation"}),
		"OTHER_TOKEN":      w.server.Token(emulator.TokenOptions{Name: "christie@fabrikam.example"}),
		"APP_TOKEN":        w.server.Token(emulator.TokenOptions{App: true}),
		"EXPIRED_TOKEN":    w.server.Token(emulator.TokenOptions{ExpiresIn: -time.Hour}),
		"SHORT_TOKEN":      w.server.Token(emulator.TokenOptions{ExpiresIn: 10 * time.Minute}),
		"IOT_TOKEN":        w.server.Token(emulator.TokenOptions{Audience: emulator.IoTCentral, Scopes: "user_impersonation"}),
		"JOB_TOKEN":        job,
		"PAT":              pat,
		"REFRESH_TOKEN":    w.server.RefreshToken("", loginClient),
		"GITHUB_ASSERTION": assertion(),
		"LOGIN_CLIENT":     loginClient,
		"TENANT":           "0fab0000-0000-4000-8000-000000000001",
		"CLIENT":           "0fab0000-0000-4000-8000-0000000000a1",
	} {
		env.Setenv(name, value)
	}
	return nil
}

// on HOST begins a job on another host, with the same inputs.
func (w *world) on(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 || !isHost(args[0]) {
		ts.Fatalf("usage: on %s", strings.Join(hosts(), "|"))
	}
	w.host, w.job, w.steps, w.untouched = args[0], map[string]string{}, nil, nil
}

// input NAME VALUE sets an input, input NAME @FILE takes its value from a file, !
// input NAME removes it.
func (w *world) input(ts *testscript.TestScript, not bool, args []string) {
	switch {
	case not && len(args) == 1:
		delete(w.inputs, args[0])
	case !not && len(args) == 2:
		w.inputs[args[0]] = valueOf(ts, args[1])
	default:
		ts.Fatalf("usage: [!] input NAME [VALUE|@FILE]")
	}
}

func valueOf(ts *testscript.TestScript, text string) string {
	if len(text) > 1 && text[0] == '@' {
		return ts.ReadFile(text[1:])
	}
	return text
}

// set NAME VALUE sets an environment variable of the following steps.
func (w *world) set(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: set NAME VALUE|@FILE")
	}
	w.vars[args[0]] = valueOf(ts, args[1])
	delete(w.absent, args[0])
}

// unset NAME... removes variables, including those that the host sets.
func (w *world) unset(_ *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		delete(w.vars, name)
		w.absent[name] = true
	}
}

// reset NAME... restores the host's values of variables.
func (w *world) reset(_ *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		delete(w.vars, name)
		delete(w.absent, name)
	}
}

// token VARIABLE JSON creates an Entra token: emulator.TokenOptions.
func (w *world) token(ts *testscript.TestScript, _ bool, args []string) {
	var o emulator.TokenOptions
	if len(args) != 2 || json.Unmarshal([]byte(args[1]), &o) != nil {
		ts.Fatalf(`usage: token VARIABLE '{"Scopes": …}'`)
	}
	ts.Setenv(args[0], w.server.Token(o))
}

// fault JSON… adds faults to the emulator; ! fault removes them.
func (w *world) fault(ts *testscript.TestScript, not bool, args []string) {
	if not {
		w.server.ClearFaults()
	}
	for _, text := range args {
		var f emulator.Fault
		ts.Check(json.Unmarshal([]byte(text), &f))
		ts.Check(w.server.AddFault(f))
	}
}

// policy JSON sets what the organization forbids about PATs.
func (w *world) policy(ts *testscript.TestScript, _ bool, args []string) {
	var p emulator.PATPolicy
	ts.Check(json.Unmarshal([]byte(args[0]), &p))
	ts.Check(w.server.SetPATPolicy("fabrikam", p))
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

// assertion returns a federated token in the form of GitHub's.
func assertion() string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." +
		encode([]byte(`{"iss":"https://token.actions.githubusercontent.com","aud":"api://AzureADTokenExchange"}`)) + "." +
		encode([]byte("CANARY-SIGNATURE"))
}
