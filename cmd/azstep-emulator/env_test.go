//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestEnvFilesAreEnough sources env, then each of the files for a job or a machine,
// and runs every operation. Applications may not manage PATs.
func TestEnvFilesAreEnough(t *testing.T) {
	t.Parallel()
	azstep := filepath.Join(t.TempDir(), "azstep")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", azstep, "../..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	var emulator process
	emulator.serve(t, built(t))
	t.Cleanup(emulator.stop)
	const permissions = "AZSTEP_RESOURCE_TYPE=environment AZSTEP_RESOURCE_NAME=production AZSTEP_PIPELINES=deploy-web,smoke "
	for _, file := range []string{"env", "env-github", "env-azure-pipelines", "env-gitlab", "env-kubernetes", "env-managed-identity"} {
		for operation, inputs := range map[string]string{
			"mint-pat":           "AZSTEP_SCOPES=vso.code ",
			"revoke-pat":         "AZSTEP_AUTHORIZATION_ID=00000000-0000-4000-8000-000000000001 ",
			"prune-pats":         "AZSTEP_OLDER_THAN=1d AZSTEP_DRY_RUN=true ",
			"mint-iot-token":     "AZSTEP_ROLES=operator ",
			"revoke-iot-token":   "AZSTEP_TOKEN_ID=nothing ",
			"mint-entra-token":   "",
			"ensure-team":        "AZSTEP_TEAM=Web ",
			"check-permissions":  permissions,
			"ensure-permissions": permissions,
			"whoami":             "",
		} {
			script := fmt.Sprintf(". %s/env; . %[1]s/%s; %s%s %s", emulator.dir, file, inputs, azstep, operation)
			run := exec.CommandContext(t.Context(), "/bin/sh", "-euc", script)
			run.Dir, run.Env = t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
			out, err := run.CombinedOutput()
			refused := file != "env" && strings.Contains(operation, "-pat")
			if refused != strings.Contains(string(out), "app-only-credential") || refused != (err != nil) {
				t.Errorf("%s after %s: %v\n%s", operation, file, err, out)
			}
		}
	}
}
