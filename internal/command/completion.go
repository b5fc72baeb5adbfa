package command

import (
	"fmt"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/steps"
)

func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

// completion prints a script with which a shell completes azstep's words.
func (p *Process) completion(words []string) int {
	if len(words) != 1 {
		return p.withoutHost(badUsage("name one shell: azstep completion %s", strings.Join(shells(), "|")))
	}
	script, ok := map[string]func() string{"bash": bash, "zsh": zsh, "fish": fish, "powershell": powerShell}[words[0]]
	if !ok {
		wrong := unknownWord("unknown shell %s", words[0], shells())
		fault.From(wrong).Input = ""
		return p.withoutHost(wrong)
	}
	return p.print(script())
}

// allWords lists the words that may come first.
func allWords() []string { return append(operations(nil), commands()...) }

// explained lists the words that may come first, each with a description.
func explained() (pairs [][2]string) {
	for _, op := range steps.All() {
		pairs = append(pairs, [2]string{op.Name, op.Does})
	}
	for _, name := range commands() {
		m, _ := manualOf(name)
		does, _, _ := strings.Cut(m.paragraphs[0], ". ")
		pairs = append(pairs, [2]string{name, strings.TrimSuffix(does, ".")})
	}
	return pairs
}

func bash() string {
	return fmt.Sprintf(`# bash completion for azstep: source <(azstep completion bash)
_azstep() {
	local word="${COMP_WORDS[COMP_CWORD]}" i
	for ((i = 1; i < COMP_CWORD; i++)); do
		if [[ ${COMP_WORDS[i]} == -- ]]; then
			_azstep_command $((i + 1))
			return
		fi
	done
	local words="-h --help"
	case "$COMP_CWORD ${COMP_WORDS[1]}" in
	1\ *) words="%[1]s -h --help --version" ;;
	2\ exec) words="%[2]s -- --help" ;;
	3\ exec) words="-- --help" ;;
	2\ help) words="%[1]s" ;;
	2\ completion) words="%[3]s" ;;
	esac
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
# The command of exec has its own completion where bash-completion is loaded.
_azstep_command() {
	if declare -F _comp_command_offset >/dev/null; then
		_comp_command_offset "$1"
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	else
		local IFS=$'\n' kinds="-f"
		((COMP_CWORD > $1)) || kinds="-cf"
		compopt -o filenames 2>/dev/null
		COMPREPLY=($(compgen $kinds -- "$word"))
	fi
}
complete -F _azstep azstep
`, strings.Join(allWords(), " "), strings.Join(operations(mints), " "), strings.Join(shells(), " "))
}

func zsh() string {
	return fmt.Sprintf(`#compdef azstep
# zsh completion for azstep: source <(azstep completion zsh), after compinit
_azstep() {
	local -a words_of_azstep
	words_of_azstep=(
%[1]s	)
	if (( ${words[(I)--]} > 0 && ${words[(I)--]} < CURRENT )); then
		shift ${words[(I)--]} words
		(( CURRENT = $#words ))
		_normal
		return
	fi
	case "$CURRENT ${words[2]}" in
	(2\ *) _describe 'operation' words_of_azstep ;;
	(3\ exec) compadd %[2]s -- ;;
	(4\ exec) compadd -- -- ;;
	(3\ help) _describe 'operation' words_of_azstep ;;
	(3\ completion) compadd %[3]s ;;
	(*) compadd -- --help ;;
	esac
}
# In a folder of $fpath, this file is the function itself.
if [[ ${funcstack[1]} == _azstep ]]; then _azstep "$@"; else compdef _azstep azstep; fi
`, described("\t\t'%s:%s'\n", `'\''`, `\:`), strings.Join(operations(mints), " "), strings.Join(shells(), " "))
}

func fish() string {
	return fmt.Sprintf(`# fish completion for azstep: azstep completion fish | source
function __azstep_own -d 'true before --'
	not contains -- -- (commandline -opc)
end
function __azstep_at -d 'true if the word is the Nth, after a first word'
	set -l words (commandline -opc)
	__azstep_own; and test (count $words) -eq $argv[1]; and test "$words[2]" = $argv[2]
end
function __azstep_command -d 'completes the command of exec'
	set -l words (commandline -opc)
	set -l at (contains -i -- -- $words); or return
	set -e words[1..$at]
	complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end
complete -c azstep -f
complete -c azstep -n __azstep_own -s h -l help -d 'help'
complete -c azstep -n __fish_use_subcommand -l version -d 'the version'
%[1]scomplete -c azstep -n '__azstep_at 2 exec' -a '%[2]s --'
complete -c azstep -n '__azstep_at 3 exec' -a '--'
complete -c azstep -n 'not __azstep_own' -a '(__azstep_command)'
complete -c azstep -n '__azstep_at 2 help' -a '%[4]s'
complete -c azstep -n '__azstep_at 2 completion' -a '%[3]s'
`, described("complete -c azstep -n __fish_use_subcommand -a %s -d '%s'\n", `\'`, ":"), strings.Join(operations(mints), " "),
		strings.Join(shells(), " "), strings.Join(allWords(), " "))
}

func powerShell() string {
	return fmt.Sprintf(`# PowerShell completion for azstep: azstep completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName azstep -ScriptBlock {
	param($word, $line, $position)
	$words = @($line.CommandElements | ForEach-Object { $_.ToString() })
	if ($words -contains '--') { return }
	$count = $words.Count
	if ($word -ne '') { $count-- }
	$known = @{
%[1]s	}
	$offered = switch ("$count $($words[1])") {
		{ $_ -like '1 *' } { @($known.Keys) + @('--help', '--version'); break }
		'2 exec' { '%[2]s' -split ' '; break }
		'3 exec' { '--'; break }
		'2 help' { $known.Keys; break }
		'2 completion' { '%[3]s' -split ' '; break }
		default { '--help' }
	}
	$offered | Where-Object { $_ -like "$word*" } | Sort-Object | ForEach-Object {
		$about = if ($known[$_]) { $known[$_] } else { $_ }
		[System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $about)
	}
}
`, described("\t\t'%s' = '%s'\n", `''`, ":"), strings.Join(operations(mints), " ")+" --", strings.Join(shells(), " "))
}

// described formats every word and its description with a format that puts both in
// single quotes. quote and colon are how the shell writes these two there.
func described(format, quote, colon string) string {
	var b strings.Builder
	for _, pair := range explained() {
		fmt.Fprintf(&b, format, pair[0], strings.NewReplacer("'", quote, ":", colon).Replace(pair[1]))
	}
	return b.String()
}
