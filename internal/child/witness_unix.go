//go:build unix

package child

import (
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// witness is a helper in azstep's process group that only counts the signals that it
// receives. A keyboard signal goes to the whole group: the command, the witness and
// azstep. kill(1) signals azstep alone. Package signal does not say where a signal
// came from, so the witness is the only way to tell them apart.
type witness struct {
	mu      sync.Mutex
	process *os.Process
	ask     *os.File
	answers *os.File
	seen    counts
	waited  chan struct{}
}

// keys are the signals that the terminal sends to a process group.
func keys() []os.Signal {
	return []os.Signal{unix.SIGINT, unix.SIGQUIT, unix.SIGHUP, unix.SIGTSTP}
}

// counts holds how often each of the keys was received, modulo 256.
type counts [4]byte

// newWitness starts a witness, or returns nil if there is no controlling terminal.
func (c *Command) newWitness() *witness {
	if len(c.Self) == 0 || !hasTerminal() {
		return nil
	}
	theirs, ask, err := os.Pipe()
	if err != nil {
		return nil
	}
	answers, answer, err := os.Pipe()
	if err != nil {
		_, _ = theirs.Close(), ask.Close()
		return nil
	}
	p, err := os.StartProcess(c.Self[0], []string{c.Self[1], helperWord, witnesses},
		&os.ProcAttr{Files: []*os.File{theirs, answer, nil}, Env: []string{}})
	_, _ = theirs.Close(), answer.Close()
	w := &witness{process: p, ask: ask, answers: answers, waited: make(chan struct{})}
	if err != nil {
		_, _ = ask.Close(), answers.Close()
		return nil
	}
	go w.collect()
	_, _ = w.counts() // once it has answered, it counts
	return w
}

// collect waits for the witness, unless azstep is PID 1, which collects all
// children.
func (w *witness) collect() {
	defer close(w.waited)
	if os.Getpid() != 1 {
		_, _ = w.process.Wait()
	}
}

// hasTerminal reports whether there is a controlling terminal whose keyboard may
// send signals. CI hosts have none.
func hasTerminal() bool {
	tty, err := unix.Open("/dev/tty", unix.O_RDONLY|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	_ = unix.Close(tty)
	return true
}

// On a busy machine the witness may receive a signal a little later than azstep, so
// saw asks it several times.
const (
	questions = 10
	between   = 10 * time.Millisecond
)

// saw reports whether the whole process group has received such a signal since the
// last call.
func (w *witness) saw(s os.Signal) bool {
	key := slices.Index(keys(), s)
	if w == nil || key < 0 {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for range questions {
		now, err := w.counts()
		if err != nil {
			return false
		}
		if came := now[key] != w.seen[key]; came {
			w.seen[key] = now[key]
			return true
		}
		<-time.After(between)
	}
	return false
}

// counts asks the witness for its current counts.
func (w *witness) counts() (now counts, err error) {
	if _, err := w.ask.Write([]byte{0}); err != nil {
		return now, err
	}
	_, err = io.ReadFull(w.answers, now[:])
	return now, err
}

func (w *witness) close() {
	if w == nil {
		return
	}
	_, _ = w.ask.Close(), w.answers.Close()
	<-w.waited
}
