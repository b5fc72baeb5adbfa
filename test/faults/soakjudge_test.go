//go:build unix

package faults

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/azstep/azstep/test/formtest"
)

// judgeRun checks what every run promises, whatever it met.
func (j *job) judgeRun(t turn, r ran, allowed time.Duration, words []string) {
	before := len(j.problems)
	if exits := j.exits(t, r, words); !quitEarly(t, r) && !slices.Contains(exits, r.Exit) {
		j.wrong("exit %d, and not one of %d", r.Exit, exits)
	}
	if r.Peak > most && j.at.form == plain { // Node takes more
		j.wrong("%d MiB of memory", r.Peak>>20)
	}
	if r.Exit == 1 && j.output(r, "token") != "" {
		j.wrong("exit 1 with a token")
	}
	killed := r.Killed || r.Exit == 128+int(syscall.SIGKILL) && t.signal == syscall.SIGKILL
	if !killed && !quitEarly(t, r) {
		j.judgeWords(r, words)
	}
	timely := len(j.problems)
	if r.Took > allowed+slack {
		j.wrong("it took %s, and may take %s", r.Took, allowed+slack)
	}
	if t.signal != syscall.SIGKILL && r.Since > soakGrace+slack {
		j.wrong("it took %s after the signal", r.Since)
	}
	j.prompt += len(j.problems) - timely
	j.late = j.late || len(j.problems) > timely
	line := fmt.Sprintf("%q, %s: exit %d after %s", words, t, r.Exit, r.Took.Round(time.Millisecond))
	if len(j.problems) > before || *lone >= 0 {
		line += "\n" + withoutMasks(r.stdout) + withoutMasks(r.stderr)
	}
	j.story = append(j.story, line)
}

// judgeWords lets the job's host read what the run wrote.
func (j *job) judgeWords(r ran, words []string) {
	for _, problem := range r.Problems {
		j.wrong("the host: %s", problem)
	}
	w := &witness{host: j.at.host, task: j.at.form == task, exec: slices.Contains(words, "exec"), exit: r.Exit, stdout: r.stdout, stderr: r.stderr, env: r.env}
	for _, finding := range w.look() {
		j.wrong("%s", finding)
	}
}

// exits returns the documented exit codes that a run may have. 2 is not among them,
// because the inputs are valid.
func (j *job) exits(t turn, r ran, words []string) []int {
	all := []int{0, 1}
	if t.signal != 0 {
		all = append(all, 128+int(t.signal))
	}
	if t.signal == cancel && j.at.form != plain && r.Since > formtest.InterruptTime {
		all = append(all, 128+int(syscall.SIGTERM), 128+int(syscall.SIGKILL)) // the host lost its patience
	}
	switch {
	case slices.Contains(words, "exec"):
		all = append(all, exitsOf(words[len(words)-1])...)
	case j.inputs["operation"] == "check-permissions":
		all = append(all, 3)
	}
	return all
}

// exitsOf returns the exit codes with which exec's command itself may end.
func exitsOf(line string) []int {
	switch {
	case strings.HasSuffix(line, "exit 7"):
		return []int{7}
	case strings.HasSuffix(line, "kill -KILL $$"):
		return []int{128 + int(syscall.SIGKILL)}
	case strings.HasSuffix(line, "kill -TERM $$"):
		return []int{128 + int(syscall.SIGTERM)}
	}
	return nil
}

// quitEarly reports whether SIGQUIT arrived before azstep caught signals, and thus
// before it did anything: Go's runtime then ends the process with stack traces and
// exit code 2.
func quitEarly(t turn, r ran) bool {
	return t.signal == syscall.SIGQUIT && r.Exit == 2 && bytes.Contains(r.stderr, []byte("SIGQUIT: quit"))
}

// withoutMasks removes the lines that register masks, of which there are dozens.
func withoutMasks(stream []byte) string {
	var kept strings.Builder
	for line := range strings.Lines(string(stream)) {
		if !strings.HasPrefix(line, "::add-mask::") && !strings.HasPrefix(line, "##vso[task.setsecret]") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

// book contains the totals of a soak.
type book struct {
	mu      sync.Mutex
	kept    map[string]int // jobs by the ids of the credentials that must stay valid
	exits   map[string]map[int]int
	runs    int
	met     int // runs that met a fault
	signals int
	peak    int64
	longest time.Duration
	jobs    []*job // jobs with problems
}

func newBook() *book { return &book{kept: map[string]int{}, exits: map[string]map[int]int{}} }

func (b *book) keep(id string, j *job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[id] = j.number
}

// enter counts a run.
func (b *book) enter(j *job, t turn, r ran, words []string) {
	name := j.inputs["operation"]
	if len(words) > 0 {
		name = words[0]
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.exits[name] == nil {
		b.exits[name] = map[int]int{}
	}
	b.exits[name][r.Exit]++
	b.runs++
	if t.signal != 0 {
		b.signals++
	}
	if t.faults != nil || t.barred || t.reset > 0 {
		b.met++
	}
	b.peak, b.longest = max(b.peak, r.Peak), max(b.longest, r.Took)
}

func (b *book) finish(j *job) {
	if len(j.problems) > 0 {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.jobs = append(b.jobs, j)
	}
}

func (b *book) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.runs
}

// String returns the exit codes of every operation.
func (b *book) String() string {
	var lines []string
	for name, exits := range b.exits {
		line := "  " + name + ":"
		var codes []int
		for code := range exits {
			codes = append(codes, code)
		}
		slices.SortFunc(codes, cmp.Compare[int])
		for _, code := range codes {
			line += fmt.Sprintf(" exit %d %d times,", code, exits[code])
		}
		lines = append(lines, strings.TrimSuffix(line, ","))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d runs, %d of them met faults, %d a signal; at most %d MiB and %s\n%s",
		b.runs, b.met, b.signals, b.peak>>20, b.longest.Round(time.Millisecond), strings.Join(lines, "\n"))
}
