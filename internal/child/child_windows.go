package child

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// Forwarded lists the signals to request from package signal: only Ctrl-C. The
// caller must catch it to outlive the command, but need not pass it on, because
// Windows sends it to every process on the console.
func Forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

// pseudo is empty: on Windows, the command shares the caller's console.
type pseudo struct{}

func (*pseudo) restore() {}

func (s *streams) useTerminal(*Command, *exec.Cmd) error { return nil }

func isHangUp(error) bool { return false }

// Assist does nothing, because no helper is started on Windows.
func Assist([]string, func() []string) (exit int, ok bool) { return 0, false }

type direct struct{ p *os.Process }

func (c *Command) start(cmd *exec.Cmd, _ *pseudo) (process, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return direct{cmd.Process}, nil
}

func (d direct) pass(os.Signal) {}
func (d direct) terminate()     { _ = d.p.Kill() }
func (d direct) kill()          { _ = d.p.Kill() }

func (d direct) wait() (int, error) {
	state, err := d.p.Wait()
	if err != nil {
		return ownFailure, fmt.Errorf("wait for the command: %w", err)
	}
	return state.ExitCode(), nil
}

// readNow returns 0, because cut has already closed the pipe.
func readNow(*os.File, []byte) int { return 0 }

func isPath(name string) bool { return strings.ContainsAny(name, `:\/`) }

// mayExecute always succeeds: on Windows, the file's extension decides, see
// spellings.
func mayExecute(string, fs.FileInfo) error { return nil }

// executable always succeeds, for the same reason.
func executable(fs.FileInfo) bool { return true }

// spellings lists the names that a file may have on disk: with each extension in
// PATHEXT, and unchanged if it already has one of them.
func spellings(file string, env []string) []string {
	endings := lookupEnv(env, "PATHEXT")
	if endings == "" {
		endings = ".com;.exe;.bat;.cmd" // the same default as in os/exec
	}
	var all []string
	for _, ending := range strings.Split(endings, ";") {
		if ending != "" && strings.HasSuffix(strings.ToLower(file), strings.ToLower(ending)) {
			all = append(all, file)
		}
	}
	for _, ending := range strings.Split(endings, ";") {
		if ending != "" {
			all = append(all, file+ending)
		}
	}
	return all
}

// cutKey compares keys as Windows does, ignoring case.
func cutKey(entry, key string) (string, bool) {
	name, value, ok := strings.Cut(entry, "=")
	return value, ok && strings.EqualFold(name, key)
}
