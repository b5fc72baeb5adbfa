//go:build unix

package acceptance

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// exec's command has a terminal if azstep has one, and no secret appears on it.
func TestExecOnATerminal(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "sh", "-c",
		`test -t 0 && test -t 1 && test -t 2 && stty size; echo "<$AZSTEP_TOKEN>"; printf 'Name? '; read name; echo "hello $name"`)
	p.sees(`30 100\r\n<\*\*\*>\r\n`)
	p.sees(`Name\? `) // a prompt without a line break
	p.types("Ada\r")
	p.sees(`Ada\r\nhello Ada\r\n`)
	p.sees(`azstep: revoked the PAT "[^"]*"\r\n`)
	p.ends(0)
}

func TestExecFollowsTheSize(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "sh", "-c",
		`trap 'stty size; exit 3' WINCH; echo ready; while :; do sleep 0.02; done`)
	p.sees("ready")
	p.resize(50, 120)
	p.sees("50 120")
	p.ends(3)
}

// Ctrl-C interrupts only the command, once; Ctrl-D ends its input.
func TestExecPassesKeysOn(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "sh", "-c",
		`trap 'echo interrupted; cat; echo end; exit 9' INT; echo ready; while :; do sleep 0.02; done`)
	p.sees("ready")
	p.types("\x03")
	p.sees("interrupted")
	p.types("text\r\x04")
	p.sees("text\r\ntext\r\nend")
	p.ends(9)
}

// A shell has job control: Ctrl-C and Ctrl-Z reach the programs that it runs.
func TestExecOfAShell(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "bash", "--norc", "--noprofile", "-i")
	p.sees("shell> ")
	p.types("sh -c 'echo begin; exec cat'\r")
	p.sees("\nbegin")
	p.types("\x1a")
	p.sees(`Stopped[^\n]*begin.*shell> `)
	p.types("fg\r")
	p.sees("cat")
	p.types("text\r")
	p.sees("\ntext\r\ntext\r\n") // cat is in the foreground
	p.types("\x03")
	p.sees("shell> ")
	p.types("exit 4\r")
	p.sees("revoked")
	p.ends(4)
}

// Ctrl-Z stops azstep together with its command. Meanwhile the shell's terminal has
// its original settings. fg and bg continue both.
func TestExecStopsWithItsCommand(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "bash", "--norc", "--noprofile", "-i")
	p.sees("shell> ")
	p.types("stty -g >before; azstep exec mint-pat -- sh -c 'echo began; read line; echo \"got $line\"'\r")
	p.sees("\nbegan\r\n")
	p.types("\x1a")
	p.sees(`Stopped[^\n]*azstep exec.*shell> `)
	p.types("stty -g >stopped; cmp before stopped && echo as before\r")
	p.sees("\nas before\r\n.*shell> ")
	p.types("bg\r")
	p.sees("shell> ")
	p.types("fg\r")
	p.sees("azstep exec")
	p.awaits(p.raw)
	p.types("a line\r")
	p.sees("got a line\r\n.*revoked.*shell> ")
	p.types("stty -g >after; cmp before after && exit 6\r")
	p.sees("exit")
	if _ = p.program.Wait(); p.program.ProcessState.ExitCode() != 6 {
		t.Errorf("exit code %d: the terminal's settings were not restored", p.program.ProcessState.ExitCode())
	}
}

// However azstep ends, the settings of the terminal are restored.
func TestExecLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGSEGV} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "sh", "-c", "echo ready; read line")
			p.sees("ready")
			_ = p.program.Process.Signal(s)
			p.ends(128 + int(s))
		})
	}
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		p := startOnTerminal(t, "sh", "-c", `azstep exec mint-pat -- sh -c '
			echo $$ >pid; until [ -e raw ]; do sleep 0.02; done; kill -KILL $(ps -o ppid= -p $PPID); read line'; read line`)
		p.awaits(p.raw)
		if err := os.WriteFile(filepath.Join(p.program.Dir, "raw"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		p.awaits(p.settled)
		p.awaits(p.hungUp)
	})
}

// A command that continues after SIGTERM loses its token, on a terminal as well.
func TestExecRevokesAlthoughTheCommandGoesOn(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "exec", "mint-pat", "--", "sh", "-c", `trap '' TERM; echo ready; read line; echo "got $line"; exit 5`)
	p.sees("ready")
	_ = p.program.Process.Signal(syscall.SIGTERM)
	p.sees(`azstep: revoked the PAT "[^"]*"\r\n`)
	if n := p.alive(); n > 0 {
		t.Errorf("%d PATs are alive", n)
	}
	p.types("more\r")
	p.sees("got more")
	p.ends(5)
}

// Streams that are not a terminal are passed on unchanged, and a signal from the
// keyboard reaches each process in the pipeline once.
func TestExecInAPipeline(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "bash", "-c", `azstep exec mint-pat -- sh -c '
		test -t 0 && test ! -t 1 && test -t 2 && echo as they were >&2 || exit 1
		trap "count=x\$count; kill -USR1 \$PPID" INT; trap "echo \"<\$count>\" >&2; exit 7" USR1
		echo ready >&2; while :; do sleep 0.02; done' | sh -c 'trap "" INT; cat'; exit ${PIPESTATUS[0]}`)
	p.sees(`as they were\r\n`)
	p.sees("ready")
	p.types("\x03")
	p.sees("<x>")
	p.ends(7)
}

// hungUp reports whether the command, which has stored its process id, has ended.
func (p *typist) hungUp() bool {
	text, err := os.ReadFile(filepath.Join(p.program.Dir, "pid"))
	if err != nil {
		p.t.Fatal(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)) // it may be a zombie
	return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || strings.Contains(string(state), ") Z ")
}

// awaits waits until a condition is true.
func (p *typist) awaits(so func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(hanging); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain; seen: %q", p.seen)
		}
	}
}

// A PAT on a terminal would be shown to whoever looks on, so none is created.
func TestMintOnATerminal(t *testing.T) {
	t.Parallel()
	p := startOnTerminal(t, "azstep", "mint-pat")
	p.ends(2)
	if n := len(p.services.PATs()); n > 0 {
		t.Errorf("%d PATs were created", n)
	}
}
