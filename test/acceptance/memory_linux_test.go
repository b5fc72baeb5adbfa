package acceptance

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// nobody is the id of a user that owns nothing.
const nobody = 65534

// TestOtherProcessesSeeNoSecret plays a process of the same user that searches the
// environments of other processes for credentials. Root may read everything, so both
// processes run as a different user.
func TestOtherProcessesSeeNoSecret(t *testing.T) {
	t.Parallel()
	services, err := emulator.New(emulator.Options{})
	if err == nil {
		err = services.Start("127.0.0.1:0")
	}
	if err == nil {
		err = services.AddFault(emulator.Fault{Path: "*/tokens/pats", Kind: emulator.Hang, Times: -1})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	cmd := exec.CommandContext(t.Context(), "/proc/self/fd/3", "mint-pat")
	program, err := os.Open(filepath.Join(bin, "azstep"))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	cmd.ExtraFiles, cmd.Dir = []*os.File{program}, "/"
	cmd.Env = []string{
		"AZSTEP_ORGANIZATION=" + services.URL() + "/fabrikam", "AZSTEP_CA_FILE=" + string(services.CAPEM()),
		"AZSTEP_SCOPES=vso.code", "AZSTEP_CREDENTIAL=" + services.Token(emulator.TokenOptions{}),
	}
	cmd.SysProcAttr = asNobody()
	if err := cmd.Start(); err != nil {
		t.Skip("cannot start it as another user:", err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	for deadline := time.Now().Add(hanging); len(services.Requests()) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no request arrived")
		}
	}
	for _, file := range []string{"environ", "mem", "maps"} {
		path := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/" + file
		if err := readAsNobody(path); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// asNobody drops root's privileges if the test has them.
func asNobody() *syscall.SysProcAttr {
	if os.Getuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

func readAsNobody(path string) error {
	cat := exec.Command("cat", path)
	cat.SysProcAttr = asNobody()
	said, err := cat.CombinedOutput()
	if err != nil && strings.Contains(string(said), "Permission denied") {
		return fs.ErrPermission
	}
	return fmt.Errorf("read %d bytes: %w", len(said), err)
}
