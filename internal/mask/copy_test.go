package mask

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

// screen is read by one goroutine while another writes to it.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func TestCopyShowsAPromptAfterSilence(t *testing.T) {
	t.Parallel()
	type step struct {
		write string
		wait  time.Duration
		want  string
	}
	for name, steps := range map[string][]step{
		"a prompt": {
			{"Password: ", 0, "Password"}, {"", silence - 1, "Password"}, {"", 1, "Password: "},
			{"secret", 0, "Password: ***"},
		},
		"four bytes": {
			{"Password: s", 0, "Password"}, {"e", 0, "Password"}, {"", time.Hour, "Password"},
			{"t", 0, "Password: set"},
		},
		"no silence": {
			{":", silence - 1, ""}, {" ", silence - 1, ""}, {"s", silence - 1, ""}, {"ecret", 0, "***"},
		},
		"silence twice": {
			{":", silence, ":"}, {" ", silence, ": "}, {"s", silence, ": s"}, {"e", silence, ": s"}, {"cret", 0, ": s***"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out screen
				src, child := io.Pipe()
				done := make(chan error)
				go func() { done <- setOf([]string{": secret"}).Copy(&out, src) }()
				for i, s := range steps {
					if s.write != "" {
						_, _ = io.WriteString(child, s.write)
					}
					time.Sleep(s.wait)
					synctest.Wait()
					if got := out.String(); got != s.want {
						t.Errorf("step %d: got %q, want %q", i, got, s.want)
					}
				}
				_ = child.Close()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestCopyWhateverTheReaderDoes(t *testing.T) {
	t.Parallel()
	s := setOf([]string{"hunter2", "swordfish"})
	text := strings.Repeat("hunter2swordfish hunter ", pieceLen/10) + "swordfis"
	want := s.Clean(text)
	for name, reader := range map[string]func(io.Reader) io.Reader{
		"all at once":      func(r io.Reader) io.Reader { return r },
		"byte by byte":     iotest.OneByteReader,
		"half of it":       iotest.HalfReader,
		"data with an EOF": iotest.DataErrReader,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := s.Copy(&out, reader(strings.NewReader(text))); err != nil || out.String() != want {
				t.Errorf("%d bytes, %v; want %d", out.Len(), err, len(want))
			}
		})
	}
}

func TestCopyErrors(t *testing.T) {
	t.Parallel()
	s := setOf([]string{"hunter2"})
	broken, full := errors.New("pipe broken"), errors.New("disk full")

	t.Run("of the source, after what was read", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		err := s.Copy(&out, io.MultiReader(strings.NewReader("hunter2 hunt"), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || out.String() != "*** hunt" {
			t.Errorf("got %q, %v, want %q, %v", out.String(), err, "*** hunt", broken)
		}
	})
	t.Run("of both", func(t *testing.T) {
		t.Parallel()
		err := s.Copy(&failing{err: full}, io.MultiReader(strings.NewReader("hunt"), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) || !errors.Is(err, full) {
			t.Errorf("got %v, want %v and %v", err, broken, full)
		}
	})
	t.Run("of the destination, at once", func(t *testing.T) {
		t.Parallel()
		endless := io.MultiReader(strings.NewReader("text"), iotest.ErrReader(errors.New("read on")))
		if err := s.Copy(&failing{err: full}, endless); !errors.Is(err, full) {
			t.Errorf("got %v, want %v", err, full)
		}
	})
	t.Run("of the destination, in silence", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			src, child := io.Pipe()
			done := make(chan error)
			go func() { done <- s.Copy(&failing{err: full}, src) }()
			_, _ = io.WriteString(child, "hun")
			time.Sleep(silence)
			synctest.Wait()
			_, _ = io.WriteString(child, "gry")
			if err := <-done; !errors.Is(err, full) {
				t.Errorf("got %v, want %v", err, full)
			}
		})
	})
}
