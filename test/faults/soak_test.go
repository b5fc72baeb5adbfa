//go:build unix

package faults

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"

	"go.uber.org/goleak"
)

// lanes is how many jobs run at the same time: most of them wait. With Node, jobs wait
// less.
const (
	lanes     = 16
	nodeLanes = 4
)

// soak is a long sequence of jobs, a third of which meets a fault.
type soak struct {
	*site
	*book
	t     *testing.T
	lanes []*lane
	next  int // number of the next job
}

func newSoak(t *testing.T, like lane) *soak {
	t.Helper()
	s := &soak{site: newSite(t), book: newBook(), t: t}
	dir := t.TempDir()
	count := lanes
	if like.at.form != plain {
		count = nodeLanes
	}
	for i := range count {
		g, err := newRelay(s.url[len("https://"):])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(g.close)
		l := like
		l.site, l.book, l.relay, l.dir = s.site, s.book, g, filepath.Join(dir, strconv.Itoa(i))
		s.lanes = append(s.lanes, &l)
	}
	return s
}

// play runs jobs until azstep has run that often in total, or too much is wrong.
func (s *soak) play(goal int) {
	numbers := make(chan int)
	var work sync.WaitGroup
	for _, l := range s.lanes {
		work.Go(func() {
			for n := range numbers {
				j := l.play(*seed, n, 0)
				s.finish(j)
				if *lone >= 0 {
					s.t.Log(j)
				}
			}
		})
	}
	tenth := s.count()
	for s.count() < goal && !s.hopeless() && (*lone < 0 || s.next == 0) {
		numbers <- max(*lone, s.next)
		s.next++
		if n := s.count(); n >= tenth+goal/10 && goal > 1000 {
			s.t.Logf("%s: %d runs", time.Now().Format(time.TimeOnly), n)
			tenth = n
		}
	}
	close(numbers)
	work.Wait()
}

func (s *soak) hopeless() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.jobs) > 10
}

// report reports what was wrong. A job that was only too slow is run again when the
// machine is idle.
func (s *soak) report() {
	s.t.Helper()
	for _, j := range s.jobs {
		if j.late && j.prompt == len(j.problems) {
			s.t.Logf("%s\nagain:", j)
			j = s.lanes[0].play(*seed, j.number, 1)
		}
		if len(j.problems) > 0 {
			s.t.Errorf("%s\nonce more: go test ./test/faults -run '^%s$' -seed %d -job %d", j, s.t.Name(), *seed, j.number)
		}
	}
	s.t.Logf("%s, -seed %d: %s", s.lanes[0].name(), *seed, s.book)
}

// settle compares the services with the book: every valid credential was delivered
// and is wanted, and everything else that was ever created has ended.
func (s *soak) settle() {
	s.t.Helper()
	alive, err := s.alive()
	if err != nil {
		s.t.Fatal(err)
	}
	var counts emulator.Counts
	if err := s.control(http.MethodGet, "state/counts", nil, &counts); err != nil {
		s.t.Fatal(err)
	}
	maps.DeleteFunc(alive, func(_, name string) bool { return name == "made by the emulator" }) // the jobs' own credentials
	for id, name := range alive {
		if _, wanted := s.kept[id]; !wanted {
			s.t.Errorf("valid, but unwanted: %s (%s)", id, name)
		}
	}
	for id, job := range s.kept {
		if _, lives := alive[id]; !lives {
			s.t.Errorf("revoked, but job %d wants it: %s", job, id)
		}
	}
	made, ended := counts.PATs.Made+counts.APITokens.Made-1, counts.PATs.Ended+counts.APITokens.Ended
	if made != ended+len(s.kept) {
		s.t.Errorf("%d credentials were minted, %d revoked, %d are wanted", made, ended, len(s.kept))
	}
	s.t.Logf("%s: %d credentials minted = %d revoked + %d delivered and still wanted", s.lanes[0].name(), made, ended, len(s.kept))
}

// TestSoak runs azstep in its own processes, with all operations on all hosts and in
// every form: started directly, by the action's scripts and by the task's. Each form
// has its own emulator in its own process. The test observes the emulator's memory and
// descriptors meanwhile, and finally compares what it minted with what was revoked.
func TestSoak(t *testing.T) {
	t.Parallel()
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP}
	soakIn(t, lane{start: startProcess, signals: signals, stops: 5}, max(*runs*7/10, 1))
	for _, at := range withForms(t, everywhere()) {
		if at.form != plain {
			soakIn(t, lane{start: startProcess, at: at, signals: []syscall.Signal{syscall.SIGKILL, cancel}, stops: 15}, max(*runs*15/100, 40))
		}
	}
}

// cancel, among the signals of a lane, is all that a host does to the step of a
// canceled job. It begins with this signal.
const cancel = syscall.SIGINT

// soakIn is the soak of one form.
func soakIn(t *testing.T, like lane, goal int) {
	t.Run(like.name(), func(t *testing.T) {
		t.Parallel()
		soakUntil(t, like, goal)
	})
}

func soakUntil(t *testing.T, like lane, goal int) {
	s := newSoak(t, like)
	watch := newWatch(s.process.Process.Pid)
	began := time.Now()
	s.play(goal)
	watch.end()
	s.report()
	s.settle()
	t.Logf("it took %s", time.Since(began).Round(time.Second))
	watch.judge(t, s)
}

// startProcess runs the azstep that was built.
func startProcess(j *job, t turn, s *hosttest.Step, words ...string) (ran, error) {
	env := s.Environ()
	if t.signal != 0 {
		what := strconv.Itoa(int(t.signal))
		if j.at.form != plain && t.signal == cancel {
			what = canceled
		}
		env = append(env, fmt.Sprintf("%s=%s %s", signalled, what, t.after))
	}
	report := filepath.Join(j.dir, "report"+strconv.Itoa(len(j.story)))
	if len(words) == 0 && !j.at.operationIsInput() {
		words = []string{j.inputs["operation"]}
	}
	line, err := j.at.form.commandLine(j.steps, words)
	if err != nil {
		return ran{}, err
	}
	f, err := launching{dir: filepath.Join(j.dir, "workspace"), report: report, env: env, line: line}.start(context.Background())
	return ran{f, s.End(f.stdout, f.stderr), s.Env, j.at.host}, err
}

// watch observes the emulator's process while it works.
type watch struct {
	pid         int
	idle        int // descriptors before the jobs
	resident    []int
	stop, ended chan struct{}
}

func newWatch(pid int) *watch {
	w := &watch{pid: pid, stop: make(chan struct{}), ended: make(chan struct{})}
	_, w.idle, _ = size(pid) // without /proc, judge reports it
	go func() {
		defer close(w.ended)
		for {
			select {
			case <-w.stop:
				return
			case <-time.After(250 * time.Millisecond):
				resident, _, _ := size(pid)
				w.resident = append(w.resident, resident)
			}
		}
	}()
	return w
}

func (w *watch) end() {
	close(w.stop)
	<-w.ended
}

// judge compares the measurements. A busy moment needs memory that is freed later,
// so it uses the minimum of each quarter. Before the second quarter the request log
// is not full yet.
func (w *watch) judge(t *testing.T, s *soak) {
	t.Helper()
	if _, _, err := size(w.pid); err != nil {
		t.Logf("the emulator's memory and descriptors were not looked at: %v", err)
		return
	}
	open := 0
	for _, l := range s.lanes {
		l.relay.reset()
	}
	if until(func() bool { _, open, _ = size(w.pid); return open <= w.idle }) != nil {
		t.Errorf("the emulator had %d descriptors open before the work, and %d after it", w.idle, open)
	}
	quarter := len(w.resident) / 4
	if s.count() < 2000 || quarter < 10 {
		t.Logf("the emulator: %d descriptors before, %d after; too short to tell of its memory", w.idle, open)
		return
	}
	var least []int
	for i := range 4 {
		least = append(least, slices.Min(w.resident[i*quarter:(i+1)*quarter]))
	}
	t.Logf("the emulator: %d descriptors before, %d after; least resident memory in each quarter, in KiB: %d", w.idle, open, least)
	if least[3] > least[1]+least[1]/4+8<<10 {
		t.Errorf("the emulator's memory grew from %d to %d KiB", least[1], least[3])
	}
}

// TestSoakWithinOneProcess runs azstep within this process, in which anything that
// it leaks remains visible: goroutines, descriptors and memory.
func TestSoakWithinOneProcess(t *testing.T) { // not parallel: it measures the whole process
	s := newSoak(t, lane{start: startWithin, stops: 5, signals: []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP}})
	goal := max(*runs/4, 50)
	long := goal >= 500
	began := time.Now()
	s.play(goal / 4) // everything that is created once exists by then
	if long {
		time.Sleep(timersLast)
	}
	before := s.rest()
	current := goleak.IgnoreCurrent()
	s.play(goal)
	after := s.rest()
	const bookkeeping = 1 << 20 // memory of the soak itself
	bound := before.heap + before.heap/10 + bookkeeping
	for waited := time.Duration(0); long && after.heap > bound && waited < timersLast; waited += 5 * time.Second {
		time.Sleep(4 * time.Second)
		after = s.rest()
	}
	leaked := goleak.Find(current)
	s.report()
	s.settle()
	t.Logf("it took %s; this process before and after: %+v, %+v", time.Since(began).Round(time.Second), before, after)
	if leaked != nil {
		t.Error(leaked)
	}
	if after.descriptors > before.descriptors {
		t.Errorf("%d descriptors are open, and were %d", after.descriptors, before.descriptors)
	}
	if long && after.heap > bound {
		t.Errorf("the heap has %d bytes, and had %d", after.heap, before.heap)
	}
}

// timersLast is how long a stopped timer may keep its function alive: until it would
// have fired. The last ones are those of idle connections, after 90 s.
const timersLast = 95 * time.Second

// own is what this process uses.
type own struct {
	heap        uint64
	descriptors int
}

// rest measures this process at rest. Closing connections leaves work to other
// goroutines, so rest waits until nothing changes for a second.
func (s *soak) rest() (o own) {
	for _, l := range s.lanes {
		l.relay.reset()
	}
	s.client.CloseIdleConnections()
	for quiet := 0; quiet < 20; quiet++ {
		time.Sleep(50 * time.Millisecond)
		if _, now, _ := size(os.Getpid()); now != o.descriptors {
			o.descriptors, quiet = now, 0
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	o.heap = m.HeapAlloc
	return o
}
