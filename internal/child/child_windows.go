package child

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
)

// Forwarded lists the signals to ask package signal for: Ctrl-C, which the
// caller must catch to outlive the command. It need not be passed on, because
// the console tells every process on it, and no other signal exists.
func Forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

// pseudo is nothing: Windows has no pseudo-terminals of this kind, and the command
// shares our console.
type pseudo struct{}

func (*pseudo) cook() {}

func (s *streams) sit(*Command, *exec.Cmd) error { return nil }

func isHangUp(error) bool { return false }

// Assist has nothing to do: no helper is ever started.
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

// readNow reads nothing: cut has closed the pipe.
func readNow(*os.File, []byte) int { return 0 }

func isPath(name string) bool { return strings.ContainsAny(name, `:\/`) }

// mayExecute: Windows tells by the ending of a file, see spellings.
func mayExecute(string, fs.FileInfo) error { return nil }

// executable is told by the ending of a file, see spellings.
func executable(fs.FileInfo) bool { return true }

// spellings are the names that a file may have on disk: with the endings that
// PATHEXT lists, and as it is if it has one of them already.
func spellings(file string, env []string) []string {
	endings := lookupEnv(env, "PATHEXT")
	if endings == "" {
		endings = ".com;.exe;.bat;.cmd" // as os/exec has it
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

// cutKey compares keys as Windows does, in any case.
func cutKey(entry, key string) (string, bool) {
	name, value, ok := strings.Cut(entry, "=")
	return value, ok && strings.EqualFold(name, key)
}
