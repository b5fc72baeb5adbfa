//go:build unix

package faults

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// operation is a column of the matrix.
type operation struct {
	name   string
	method string // method of the requests that meet a fault; "" means all
	// inputs returns the step's inputs, and creates what it needs.
	inputs  func(w *world) (map[string]string, error)
	mints   bool
	revokes bool
	signsIn bool // its requests go to Entra
	place   place
}

// place is where in a job the faults begin.
type place int

const (
	inStep place = iota
	inPost       // the post step, after a mint without a fault
	inExec       // while the command of exec runs
)

func operations() []operation {
	return []operation{
		{name: "mint-pat", inputs: mintPAT, mints: true},
		{name: "mint-pat: POST only", method: http.MethodPost, inputs: mintPAT, mints: true},
		{name: "mint-iot-token", inputs: mintIoT, mints: true},
		{name: "mint-iot-token: PUT only", method: http.MethodPut, inputs: mintIoT, mints: true},
		{name: "mint-entra-token", inputs: mintEntra, signsIn: true},
		{name: "ensure-team", inputs: ensureTeam},
		{name: "ensure-team: POST only", method: http.MethodPost, inputs: ensureTeam},
		{name: "check-permissions", inputs: checkOne},
		{name: "check-permissions: all of a type", inputs: checkAll},
		{name: "ensure-permissions", inputs: ensureOne},
		{name: "ensure-permissions: PATCH only", method: http.MethodPatch, inputs: ensureOne},
		{name: "whoami", inputs: whoAmI},
		{name: "prune-pats", inputs: prunePATs, revokes: true},
		{name: "revoke-pat", inputs: revokePAT, revokes: true},
		{name: "revoke-iot-token", inputs: revokeIoT, revokes: true},
		{name: "post", inputs: mintPAT, place: inPost},
		{name: "exec", inputs: mintPAT, place: inExec},
	}
}

// common returns the inputs of every operation.
func (w *world) common(operation, secret string) (map[string]string, error) {
	own, err := issued()
	if err != nil {
		return nil, err
	}
	w.secret = secret
	w.inputs = map[string]string{
		"operation": operation, "credential": secret, "ca-file": string(w.services.CAPEM()) + string(own.authority),
		"max-attempts": "2",
	}
	return w.inputs, nil
}

func (w *world) devops(operation string) (map[string]string, error) {
	in, err := w.common(operation, w.services.Token(emulator.TokenOptions{}))
	if err == nil {
		in["organization"] = w.relay.url() + "/fabrikam"
	}
	return in, err
}

func (w *world) iot(operation string) (map[string]string, error) {
	in, err := w.common(operation, w.services.Token(emulator.TokenOptions{Audience: emulator.IoTCentral}))
	if err == nil {
		in["application"] = w.relay.url()
	}
	return in, err
}

func mintPAT(w *world) (map[string]string, error) {
	in, err := w.devops("mint-pat")
	if err == nil {
		in["scopes"] = "vso.code"
	}
	return in, err
}

func revokePAT(w *world) (map[string]string, error) {
	in, err := w.devops("revoke-pat")
	if err == nil {
		w.given++
		_, in["authorization-id"], err = w.services.AddPAT("fabrikam", "", "vso.code", time.Hour)
	}
	return in, err
}

func mintIoT(w *world) (map[string]string, error) {
	in, err := w.iot("mint-iot-token")
	if err == nil {
		in["roles"] = "operator"
	}
	return in, err
}

func revokeIoT(w *world) (map[string]string, error) {
	in, err := w.iot("revoke-iot-token")
	if err == nil {
		w.given++
		in["token-id"], err = "old", w.putToken("old")
	}
	return in, err
}

// mintEntra signs in with a secret: one request, with the secret in its body.
func mintEntra(w *world) (map[string]string, error) {
	in, err := w.common("mint-entra-token", "")
	if err == nil {
		w.secret = "FAKE-CLIENT-SECRET-0001" // the secret of the application deploy in the emulator's seed
		in["client-secret"] = w.secret
		in["tenant-id"], in["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a1"
		in["authority-host"] = w.relay.url()
	}
	return in, err
}

// withPAT returns an operation that is authorized by a PAT.
func (w *world) withPAT(operation string) (map[string]string, error) {
	in, err := w.devops(operation)
	if err == nil {
		w.given++
		in["credential"], _, err = w.services.AddPAT("fabrikam", "", "app_token", time.Hour)
		w.secret, in["project"] = in["credential"], "Fabrikam"
	}
	return in, err
}

func ensureTeam(w *world) (map[string]string, error) {
	in, err := w.withPAT("ensure-team")
	if err == nil {
		in["team"] = "Fresh"
	}
	return in, err
}

// checkOne sends one request: a pipeline may use the environment.
func checkOne(w *world) (map[string]string, error) {
	in, err := w.withPAT("check-permissions")
	if err == nil {
		in["resource-type"], in["resource-id"] = "environment", "1"
	}
	return in, err
}

// checkAll reads a list, and requests the permissions of each element.
func checkAll(w *world) (map[string]string, error) {
	in, err := w.withPAT("check-permissions")
	if err == nil {
		in["resource-type"], in["resource-name"], in["concurrency"] = "environment", "*", "1"
	}
	return in, err
}

// ensureOne looks up an environment, and permits one more pipeline.
func ensureOne(w *world) (map[string]string, error) {
	in, err := w.withPAT("ensure-permissions")
	if err == nil {
		in["resource-type"], in["resource-id"], in["pipelines"] = "environment", "1", "6"
	}
	return in, err
}

func whoAmI(w *world) (map[string]string, error) { return w.withPAT("whoami") }

// prunePATs finds one PAT that is old enough.
func prunePATs(w *world) (map[string]string, error) {
	w.given++
	if _, _, err := w.services.AddPAT("fabrikam", "", "vso.code", 24*time.Hour); err != nil {
		return nil, err
	}
	w.services.Advance(2 * time.Hour)
	in, err := w.devops("prune-pats")
	if err == nil {
		in["older-than"], in["all-names"] = "1h", "true"
	}
	return in, err
}

func clientOf(s *emulator.Server) *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CAPEM())
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
}

// world returns a job for the operation. A command needs a run: step.
func (o operation) world(dir string, f form) (*world, error) {
	if f == task {
		return newWorld(dir, where{hosttest.AzurePipelines, false, task})
	}
	return newWorld(dir, where{hosttest.GitHub, o.place != inExec, f})
}
