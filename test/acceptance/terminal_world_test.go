//go:build unix

package acceptance

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// typist is a user at a terminal in which one program runs.
type typist struct {
	t        *testing.T
	services *emulator.Server
	keyboard *os.File // also the screen
	tty      *os.File // the terminal itself, for its settings
	before   *term.State
	program  *exec.Cmd
	all      []byte // everything that was shown
	seen     []byte // what was shown since the last match
	shown    chan []byte
}

// hanging is how long to wait for output before a program counts as hanging.
const hanging = 5 * time.Minute

// startOnTerminal starts a program on a terminal of 30 rows and 100 columns, as a login would,
// with the environment of a laptop.
func startOnTerminal(t *testing.T, words ...string) *typist {
	t.Helper()
	services, err := emulator.New(emulator.Options{})
	if err == nil {
		err = services.Start("127.0.0.1:0")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	p := &typist{t: t, services: services, shown: make(chan []byte)}
	if p.keyboard, p.tty, err = pty.Open(); err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	t.Cleanup(func() { _, _ = p.keyboard.Close(), p.tty.Close() })
	p.resize(30, 100)
	p.start(words)
	return p
}

func (p *typist) start(words []string) {
	p.t.Helper()
	var err error
	if p.before, err = term.GetState(int(p.tty.Fd())); err != nil {
		p.t.Fatal(err)
	}
	dir := p.t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	if err := os.WriteFile(ca, p.services.CAPEM(), 0o600); err != nil {
		p.t.Fatal(err)
	}
	path, err := exec.LookPath(words[0])
	if words[0] == "azstep" {
		path, err = filepath.Join(bin, "azstep"), nil
	}
	if err != nil {
		p.t.Skip(err)
	}
	p.program = &exec.Cmd{
		Path: path, Args: words, Dir: dir, Stdin: p.tty, Stdout: p.tty, Stderr: p.tty,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true},
		Env: []string{
			"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir, "TERM=dumb", "PS1=shell> ",
			"AZSTEP_ORGANIZATION=" + p.services.URL() + "/fabrikam", "AZSTEP_CA_FILE=" + ca, "AZSTEP_SCOPES=vso.code",
			"AZSTEP_CREDENTIAL=" + p.services.Token(emulator.TokenOptions{}),
		},
	}
	if err := p.program.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = p.program.Process.Kill() })
	go p.watch()
}

func (p *typist) watch() {
	defer close(p.shown)
	for {
		text := make([]byte, 4096)
		n, err := p.keyboard.Read(text)
		if n > 0 {
			p.shown <- text[:n]
		}
		if err != nil {
			return
		}
	}
}

// sees waits for text that matches, and returns everything up to its end.
func (p *typist) sees(pattern string) string {
	p.t.Helper()
	expected, patience := regexp.MustCompile("(?s)"+pattern), time.After(hanging)
	for {
		if at := expected.FindIndex(p.seen); at != nil {
			text := string(p.seen[:at[1]])
			p.seen = p.seen[at[1]:]
			return text
		}
		select {
		case more, open := <-p.shown:
			if !open {
				p.t.Fatalf("the terminal ended before %q: %q", pattern, p.all)
			}
			p.seen, p.all = append(p.seen, more...), append(p.all, more...)
		case <-patience:
			p.t.Fatalf("waited for %q, and see %q of %q", pattern, p.seen, p.all)
		}
	}
}

func (p *typist) types(text string) {
	p.t.Helper()
	if _, err := p.keyboard.WriteString(text); err != nil {
		p.t.Fatal(err)
	}
}

func (p *typist) resize(rows, columns uint16) {
	p.t.Helper()
	if err := pty.Setsize(p.keyboard, &pty.Winsize{Rows: rows, Cols: columns}); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the program's end, and checks that the settings of the terminal
// were restored and no credential is valid.
func (p *typist) ends(exit int) {
	p.t.Helper()
	err := p.program.Wait()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		p.t.Fatal(err)
	}
	if got := p.program.ProcessState.ExitCode(); got != exit {
		p.t.Errorf("exit code %d; want %d", got, exit)
	}
	if !p.settled() {
		p.t.Error("the terminal's settings were not restored")
	}
	if alive := p.alive(); alive > 0 {
		p.t.Errorf("%d PATs are alive", alive)
	}
}

// settled reports whether the terminal has its original settings.
func (p *typist) settled() bool {
	now, err := term.GetState(int(p.tty.Fd()))
	return err == nil && reflect.DeepEqual(now, p.before)
}

// raw reports whether the terminal is in raw mode.
func (p *typist) raw() bool {
	settings, err := unix.IoctlGetTermios(int(p.tty.Fd()), getSettings)
	return err == nil && settings.Oflag&unix.OPOST == 0
}

func (p *typist) alive() (n int) {
	for _, pat := range p.services.PATs() {
		if pat.State == "active" {
			n++
		}
	}
	return n
}
