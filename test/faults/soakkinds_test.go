//go:build unix

package faults

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/hosttest"
)

// jobKinds lists everything that jobs do; some entries are repeated to be chosen
// more often. Start scripts cannot run exec.
func jobKinds(f form) []func(*job) {
	all := []func(*job){
		(*job).mintPAT, (*job).mintPAT, (*job).mintIoT, (*job).mintIoT,
		(*job).mintEntra, (*job).ensureTeam, (*job).checkOne, (*job).checkMany,
	}
	if f == plain {
		all = append(all, (*job).execPAT, (*job).execIoT)
	}
	return all
}

// credential is a minted credential as the rest of a job sees it.
type credential struct {
	id, header string // header is the Authorization header with it
	path       string // path of a request that it authorizes
}

func (j *job) usePAT() {
	j.use("mint-pat", "scopes", "vso.project", "display-name", fmt.Sprintf("soak %d", j.number))
	j.signIn("user", "user", "refresh-token")
}

func (j *job) useIoT() {
	j.use("mint-iot-token", "roles", "operator")
	if j.chance(60) {
		j.inputs["token-id"] = fmt.Sprintf("soak-%d-%d", j.number, j.again)
	}
	j.signIn("group", "client-secret", "github-oidc", "azure-pipelines-oidc")
}

func (j *job) mintPAT() {
	j.usePAT()
	j.minted(func(r ran) credential {
		header := "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+j.output(r, "token")))
		return credential{j.output(r, "authorization-id"), header, "/fabrikam/_apis/projects?api-version=7.1"}
	}, func(r ran) {
		if j.chance(50) {
			j.use("revoke-pat", "authorization-id", j.output(r, "authorization-id"))
		} else {
			j.use("revoke-pat", "display-name", j.output(r, "display-name"))
		}
		j.signIn("user", "refresh-token")
	})
}

func (j *job) mintIoT() {
	j.useIoT()
	j.minted(func(r ran) credential {
		return credential{j.output(r, "token-id"), j.output(r, "token"), "/api/roles?api-version=2022-07-31"}
	}, func(r ran) {
		j.use("revoke-iot-token", "token-id", j.output(r, "token-id"))
		j.signIn("group", "client-secret", "github-oidc", "azure-pipelines-oidc")
	})
}

// minted is a job with a credential, which must be valid from the step that mints it
// until the job ends or it is revoked, and no longer.
func (j *job) minted(read func(ran) credential, revoke func(ran)) {
	stays := j.chance(40)
	if stays {
		j.inputs["revoke-at-job-end"] = "false"
	}
	r := j.operate(j.turn(j.lane, false))
	made := read(r)
	if r.Exit != 0 {
		j.post(r)
		if made.id != "" {
			j.mustBe(false, made)
		}
		return
	}
	j.mustBe(true, made)
	if j.post(r); !stays {
		j.mustBe(false, made)
		return
	}
	j.mustBe(true, made)
	if j.chance(15) {
		j.book.keep(made.id, j)
		return
	}
	revoke(r)
	if j.operate(j.turn(j.lane, false)).Exit != 0 && j.operate(turn{}).Exit != 0 {
		j.wrong("a revocation that met nothing failed")
	}
	j.mustBe(false, made)
}

// mustBe asks the services whether a credential is valid. If it is not, Azure DevOps
// answers with a sign-in page and status 203.
func (j *job) mustBe(alive bool, c credential) {
	status, text, err := j.ask(http.MethodGet, c.path, c.header, nil)
	refused := status == http.StatusUnauthorized || status == http.StatusNonAuthoritativeInfo
	if err != nil || alive && status != http.StatusOK || !alive && !refused {
		j.wrong("%s is to live: %t; the service answers %d (%v) %s", c.id, alive, status, err, text)
	}
}

func (j *job) execPAT() {
	j.elsewhere()
	j.usePAT()
	j.wrapped()
}

func (j *job) execIoT() {
	j.elsewhere()
	j.useIoT()
	j.wrapped()
}

// elsewhere changes a uses: step, which cannot run a command, to another host.
func (j *job) elsewhere() {
	if j.at.action {
		j.at = everywhere()[1+j.IntN(3)]
		j.steps.Host, j.steps.Action = j.at.host, false
	}
}

// wrapped is the job of a command: its credential ends with it.
func (j *job) wrapped() {
	commands := [][]string{
		{"true"}, {"sh", "-c", "exit 7"}, {"sleep", "0.05"}, {"sleep", "0.05"},
		{"sh", "-c", "sleep 0.0" + strconv.Itoa(j.IntN(10)) + "; kill -KILL $$"}, {"sh", "-c", "kill -TERM $$"},
		{"sh", "-c", "trap '' TERM INT HUP QUIT; sleep 0.2"},
	}
	r := j.operate(j.turn(j.lane, true), commands[j.IntN(len(commands))]...)
	j.post(r)
}

func (j *job) mintEntra() {
	j.use("mint-entra-token")
	paths := map[string]string{"azure-devops": "/fabrikam/_apis/projects?api-version=7.1", "iot-central": "/api/roles?api-version=2022-07-31"}
	resource := "azure-devops"
	if j.chance(50) {
		resource = "iot-central"
	}
	j.inputs["resource"] = resource
	j.signIn("client-secret", "github-oidc", "azure-pipelines-oidc")
	if r := j.operate(j.turn(j.lane, false)); r.Exit == 0 {
		j.mustBe(true, credential{resource, j.output(r, "authorization-header"), paths[resource]})
	}
}

func (j *job) ensureTeam() {
	name := fmt.Sprintf("Soak %d", j.IntN(30)) // jobs at a time want the same
	j.use("ensure-team", "team", name, "description", fmt.Sprintf("the %d.", j.IntN(3)), "update-description", []string{"true", "false"}[j.IntN(2)])
	j.signIn("pat", "client-secret", "github-oidc", "azure-pipelines-oidc")
	r := j.operate(j.turn(j.lane, false))
	if r.Exit == 0 && (j.output(r, "team-name") != name || j.output(r, "team-id") == "" || !isBool(j.output(r, "created"))) {
		j.wrong("outputs %q", r.Outputs)
	}
}

func isBool(text string) bool { return text == "true" || text == "false" }

// checkOne is about an environment that pipeline 15 may use, and 6 may not.
func (j *job) checkOne() {
	id := []string{"15", "6"}[j.IntN(2)]
	j.use("check-permissions", "resource-type", "environment", "resource-name", "production", "pipelines", id)
	j.signIn("pat", "client-secret", "github-oidc", "azure-pipelines-oidc", "auto")
	j.judgeCheck(j.operate(j.turn(j.lane, false)), id == "15")
}

// checkMany reads lists.
func (j *job) checkMany() {
	policy := "version: 1\nresources:\n- {type: environment, project: Fabrikam, name: production, pipelines: [15], exclusive: %t}\n"
	exclusive := j.chance(50)
	j.use("check-permissions", "policy", fmt.Sprintf(policy, exclusive), "report-file", "report.json")
	j.signIn("pat", "client-secret", "github-oidc", "azure-pipelines-oidc")
	r := j.operate(j.turn(j.lane, false))
	j.judgeCheck(r, !exclusive)
	if violations := j.output(r, "violations"); r.Exit == 3 && violations != "1" {
		j.wrong("%s violations", violations)
	}
}

// judgeCheck compares the exit code with the actual permissions.
func (j *job) judgeCheck(r ran, holds bool) {
	if r.Exit == 0 && !holds || r.Exit == 3 && holds {
		j.wrong("exit %d, and that it holds is %t", r.Exit, holds)
	}
	if text := j.output(r, "authorized"); r.Exit == 0 && text != "true" && !strings.Contains(j.inputs["policy"], "version") {
		j.wrong("authorized is %q on %s", text, hosttest.GitHub)
	}
}
