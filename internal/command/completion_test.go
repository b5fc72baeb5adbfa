package command

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// shell finds a shell, or leaves the test out.
func shell(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// file writes a file in a directory of the test's own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFishCompletes(t *testing.T) {
	t.Parallel()
	path, script := shell(t, "fish"), file(t, "azstep.fish", fish())
	for line, want := range map[string]string{
		"azstep whoa": "whoami", "azstep exec mint-i": "mint-iot-token", "azstep exec rev": "", "azstep exec mint-pat ": "--", "azstep help ver": "version",
		"azstep completion f": "fish", "azstep ensure-team --h": "--help", "azstep exec mint-pat -- azste": "azstep", "azstep exec -- azstep post --h": "--help",
	} {
		cmd := exec.CommandContext(t.Context(), path, "--no-config", "--command", `source $argv[1]; function azstep; end; complete -C $argv[2]`, script, line)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
		out, err := cmd.CombinedOutput()
		got, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
		if err != nil || got != want {
			t.Errorf("%q completes to %q (%v), want %q", line, out, err, want)
		}
	}
}

// zshTyped types lines and Tab into an interactive shell, and prints what the line is
// then. Ctrl-X shows the line, so that nothing depends on time.
const zshTyped = `zmodload zsh/zpty
zpty typed zsh -f -i
zpty -w typed "stty -echo; PS1=; autoload -U compinit; compinit -u -D; source $1; show() { print -r -- \"<\$BUFFER>\"; BUFFER=; }; zle -N show; bindkey '^X' show; print rea''dy"
zpty -r typed text '*ready*'
shift
for line; do
	zpty -w -n typed "$line"$'\t\x18'
	zpty -r typed text '*<*>*'
	print -r -- "${${text##*<}%%>*}"
done
zpty -d typed
`

func TestZshCompletes(t *testing.T) {
	t.Parallel()
	path, script := shell(t, "zsh"), file(t, "azstep.zsh", zsh())
	lines := []string{"azstep whoa", "azstep exec mint-i", "azstep exec rev", "azstep exec mint-pat ", "azstep help ver", "azstep completion f", "azstep ensure-team --h", "azstep exec mint-pat -- azstep who"}
	want := []string{"azstep whoami ", "azstep exec mint-iot-token ", "azstep exec rev", "azstep exec mint-pat -- ", "azstep help version ", "azstep completion fish ", "azstep ensure-team --help ", "azstep exec mint-pat -- azstep whoami "}
	cmd := exec.CommandContext(t.Context(), path, append([]string{"-f", file(t, "typed.zsh", zshTyped), script}, lines...)...)
	out, err := cmd.CombinedOutput()
	if got := string(out); err != nil || got != strings.Join(want, "\n")+"\n" {
		t.Errorf("%v: %q, want %q", err, got, want)
	}
}

// In a folder of fpath, the script is the function that completes.
func TestZshCompletesFromItsPath(t *testing.T) {
	t.Parallel()
	path, script := shell(t, "zsh"), file(t, "_azstep", zsh())
	out, err := exec.CommandContext(t.Context(), path, "-f", "-c", `fpath=($1:h $fpath); autoload -U compinit; compinit -u -D
compadd() { print -r -- "$@" }; words=(azstep completion f); CURRENT=3; _azstep`, "zsh", script).CombinedOutput()
	if got := strings.TrimSpace(string(out)); err != nil || got != strings.Join(shells(), " ") {
		t.Errorf("%v: %q", err, got)
	}
}
