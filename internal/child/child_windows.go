package child

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Forwarded lists the signals to ask package signal for: Ctrl-C, which the
// caller must catch to outlive the command. It need not be passed on, because
// the console tells every process on it, and no other signal exists.
func Forwarded() []os.Signal { return []os.Signal{os.Interrupt} }

func forward(*os.Process, os.Signal) {}

func terminate(p *os.Process) { _ = p.Kill() }

func wait(p *os.Process) (int, error) {
	state, err := p.Wait()
	if err != nil {
		return ownFailure, fmt.Errorf("wait for the command: %w", err)
	}
	return state.ExitCode(), nil
}

// readNow reads nothing: cut has closed the pipe.
func readNow(*os.File, []byte) int { return 0 }

func isPath(name string) bool { return strings.ContainsAny(name, `:\/`) }

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
