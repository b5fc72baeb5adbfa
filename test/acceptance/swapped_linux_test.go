package acceptance

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"golang.org/x/sys/unix"
)

// swap exchanges two names until the context ends, as fast as the kernel can.
func swap(ctx context.Context, one, two string) (wait func()) {
	var work sync.WaitGroup
	work.Go(func() {
		for ctx.Err() == nil {
			_ = unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, two, unix.RENAME_EXCHANGE)
		}
	})
	return work.Wait
}

// TestReportInASwappedFolder plays a process that exchanges the folder of the report
// with a link to another place, while azstep writes there.
func TestReportInASwappedFolder(t *testing.T) {
	t.Parallel()
	_, _, _, services := laptop(t)
	workspace, outside := t.TempDir(), t.TempDir()
	folder, link := filepath.Join(workspace, "out"), filepath.Join(workspace, "link")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	wait := swap(ctx, folder, link)
	defer wait()
	defer cancel()
	written := 0
	for range 60 {
		if writeReport(t, workspace, services) {
			written++
		}
		if strays, _ := os.ReadDir(outside); len(strays) > 0 {
			t.Fatalf("%s was written outside the workspace", strays[0].Name())
		}
	}
	t.Logf("%d of 60 reports were written", written)
}

// writeReport runs a check whose report goes to the folder out. It may be refused,
// where azstep finds the link.
func writeReport(t *testing.T, workspace string, services *emulator.Server) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "azstep"), "check-permissions")
	cmd.Dir = workspace
	cmd.Env = []string{
		"AZSTEP_ORGANIZATION=" + services.URL() + "/fabrikam", "AZSTEP_CA_FILE=" + string(services.CAPEM()), "AZSTEP_PROJECT=Fabrikam",
		"AZSTEP_CREDENTIAL=" + services.Token(emulator.TokenOptions{Scopes: "user_impersonation"}),
		"AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_ID=1", "AZSTEP_REPORT_FILE=out/report.json",
	}
	return cmd.Run() == nil
}
