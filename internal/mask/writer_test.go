package mask

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var _ io.Writer = (*Writer)(nil)

func TestWriterAtEverySplit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		needles    []string
		text, want string
	}{
		"nothing to hide":    {nil, "no secret", "no secret"},
		"nothing at all":     {[]string{"hunter2"}, "", ""},
		"alone":              {[]string{"hunter2"}, "hunter2", "***"},
		"in the middle":      {[]string{"hunter2"}, "pw=hunter2\n", "pw=***\n"},
		"only the beginning": {[]string{"hunter2"}, "hunte hunter", "hunte hunter"},
		"begun twice":        {[]string{"abcabd"}, "abcabcabd.", "abc***."},
		"adjoining":          {[]string{"hunter2", "swordfish"}, "<hunter2swordfishhunter2>", "<***>"},
		"apart by one":       {[]string{"hunter2"}, "hunter2 hunter2", "*** ***"},
		"overlapping":        {[]string{"abcdef", "defghi"}, ".abcdefghi.", ".***."},
		"overlapping itself": {[]string{"abab"}, "xabababx", "x***x"},
		"one in another":     {[]string{"abcdefgh", "cdef"}, "abcdefgh abcdef", "*** ab***"},
		"one begins another": {[]string{"abcd", "abcdefgh"}, "abcdefg abcdefgh", "***efg ***"},
		"one ends another":   {[]string{"efgh", "abcdefgh"}, "bcdefgh", "bcd***"},
		"of four bytes":      {[]string{"abcd", strings.Repeat("long", 9)}, "abcabcd", "abc***"},
		"binary":             {[]string{"\x00\xff\x00\xfe"}, "\x00\x00\xff\x00\xfe\xff", "\x00***\xff"},
		"the mark":           {[]string{"a***b"}, "*** a***b", "*** ***"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := bruteForce(c.needles, c.text); got != c.want {
				t.Fatalf("brute force gives %q, want %q", got, c.want)
			}
			for i := range len(c.text) + 1 {
				for j := i; j <= len(c.text); j++ {
					got := throughWriter(setOf(c.needles), c.text[:i], c.text[i:j], c.text[j:])
					if got != c.want {
						t.Fatalf("split at %d and %d: got %q, want %q", i, j, got, c.want)
					}
				}
			}
			if got := setOf(c.needles).Clean(c.text); got != c.want {
				t.Errorf("Clean: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWriterEqualsBruteForce(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		needles := randomNeedles(random)
		text := randomText(random, needles)
		var pieces []string
		for rest := text; rest != ""; {
			n := 1 + random.IntN(min(9, len(rest)))
			pieces, rest = append(pieces, rest[:n]), rest[n:]
		}
		want := bruteForce(needles, text)
		if got := throughWriter(setOf(needles), pieces...); got != want {
			t.Fatalf("needles %q, pieces %q:\n got %q\nwant %q", needles, pieces, got, want)
		}
		if got := setOf(needles).Clean(text); got != want {
			t.Fatalf("Clean, needles %q, text %q:\n got %q\nwant %q", needles, text, got, want)
		}
	}
}

// The stream is longer than a piece, so that the boundaries between pieces are
// tested.
func TestWriterLongStream(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		needles := manyNeedles(30, kind)
		random := rand.New(rand.NewPCG(5, 6))
		var text strings.Builder
		for text.Len() < 3*pieceLen {
			text.WriteString(randomText(random, needles))
		}
		want := bruteForce(needles, text.String())
		if diff := cmp.Diff(want, throughWriter(setOf(needles), text.String())); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

func TestRelent(t *testing.T) {
	t.Parallel()
	type step struct{ write, want string } // an empty write stands for Relent
	for name, steps := range map[string][]step{
		"a prompt":                      {{"Password:", "Password"}, {"", "Password:"}, {" ok", "Password: ok"}},
		"three bytes":                   {{": s", ""}, {"", ": s"}},
		"four stay":                     {{": se", ""}, {"", ""}, {".", ": se."}},
		"the rest of a secret":          {{": s", ""}, {"", ": s"}, {"ecret", ": s***"}},
		"the rest, byte by byte":        {{": s", ""}, {"", ": s"}, {"e", ": s"}, {"", ": s"}, {"cret", ": s***"}},
		"once more, but no secret":      {{":", ""}, {"", ":"}, {" ", ":"}, {"", ": "}, {":", ": "}, {"", ": :"}},
		"after what is hidden":          {{": secret:", "***"}, {"", "***:"}, {" secret", "***:***"}},
		"in an overlap, hidden already": {{": secretly", "***"}, {"", "***"}, {"-so.", "***."}},
		"nothing held":                  {{"x", "x"}, {"", "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			w := setOf([]string{": secret", "secretly", "ly-so"}).Writer(&out)
			for i, s := range steps {
				var err error
				if s.write == "" {
					err = w.Relent()
				} else {
					_, err = io.WriteString(w, s.write)
				}
				if got := out.String(); got != s.want || err != nil {
					t.Fatalf("step %d: got %q, %v, want %q", i, got, err, s.want)
				}
			}
		})
	}
}

func TestFlushEndsAStream(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := setOf([]string{"hunter2"}).Writer(&out)
	for _, p := range []string{"hunter2", "hunter2", "hunt", "er2 hunt"} {
		fmt.Fprint(w, p)
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := out.String(), "******hunter2 hunt"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWriterSeesAdditions(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s := new(Set)
	w := s.Writer(&out)
	fmt.Fprint(w, "first-secret ")
	s.Add("first-secret")
	fmt.Fprint(w, "first-secret second-")
	s.Add("second-secret")
	fmt.Fprint(w, "second-secret first-")
	s.Add("first-of-all") // the bytes that are held also begin this needle
	fmt.Fprint(w, "of-all")
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "first-secret *** second-*** ***"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// failing accepts a number of bytes and then returns an error, or writes less
// without an error.
type failing struct {
	room  int
	err   error
	calls int
}

func (f *failing) Write(p []byte) (int, error) {
	f.calls++
	n := min(f.room, len(p))
	f.room -= n
	if n < len(p) {
		return n, f.err
	}
	return n, nil
}

func TestWriterObeysIOWriter(t *testing.T) {
	t.Parallel()
	full := errors.New("disk full")
	for name, c := range map[string]struct {
		dst  failing
		want error
	}{
		"error":       {failing{room: pieceLen + 10, err: full}, full},
		"short write": {failing{room: pieceLen + 10}, io.ErrShortWrite},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setOf([]string{"hunter2"}).Writer(&c.dst)
			n, err := w.Write(make([]byte, 3*pieceLen))
			if n != pieceLen || !errors.Is(err, c.want) {
				t.Errorf("got %d, %v, want %d, %v", n, err, pieceLen, c.want)
			}
			calls := c.dst.calls
			n, err = w.Write([]byte("more"))
			if n != 0 || !errors.Is(err, c.want) || !errors.Is(w.Relent(), c.want) || !errors.Is(w.Flush(), c.want) {
				t.Errorf("after the error: got %d, %v and others, want 0, %v each time", n, err, c.want)
			}
			if _, err := w.Write(nil); !errors.Is(err, c.want) {
				t.Errorf("an empty Write after the error: got %v, want %v", err, c.want)
			}
			if c.dst.calls != calls {
				t.Error("the Writer wrote to the destination after it had failed")
			}
		})
	}
}

func TestWriterTakesNoMoreMemory(t *testing.T) {
	t.Parallel()
	needle := strings.Repeat("ab", 500)
	for name, text := range map[string]string{
		"one hidden run":  strings.Repeat("ab", 8*pieceLen),
		"only beginnings": strings.Repeat(needle[:999]+".", pieceLen/64),
		"nothing hidden":  strings.Repeat(".", 8*pieceLen),
	} {
		w := setOf([]string{needle}).Writer(io.Discard)
		fmt.Fprint(w, text)
		if got, bound := cap(w.held)+cap(w.cover.out), 4*(pieceLen+len(needle)); got > bound {
			t.Errorf("%s: %d bytes are held, want at most %d", name, got, bound)
		}
		if len(w.held) >= len(needle) {
			t.Errorf("%s: %d bytes are held back, enough for a whole needle", name, len(w.held))
		}
	}
}

func TestWriteAllocatesNothing(t *testing.T) { // not parallel: allocations are counted per process
	w := setOf([]string{"hunter2hunter2"}).Writer(io.Discard)
	line := []byte("a line with hunter2hunter2 and hunter")
	if n := testing.AllocsPerRun(100, func() { _, _ = w.Write(line) }); n != 0 {
		t.Errorf("%v allocations per Write", n)
	}
}

func TestTwoStreamsOneSet(t *testing.T) {
	t.Parallel()
	var s Set
	var outs [2]bytes.Buffer
	var streams sync.WaitGroup
	for i := range outs {
		streams.Go(func() {
			w := s.Writer(&outs[i])
			relents := make(chan struct{})
			go func() {
				defer close(relents)
				for range 100 {
					_ = w.Relent()
				}
			}()
			for k := range 100 {
				secret := fmt.Sprintf("FAKE-PAT-%04d-of-stream-%d", k, i)
				s.Add(secret)
				fmt.Fprintf(w, "%d %s\n", k, secret)
			}
			<-relents
			_ = w.Flush()
		})
	}
	streams.Wait()
	for i := range outs {
		if strings.Contains(outs[i].String(), "PAT-") || strings.Count(outs[i].String(), mark) != 100 {
			t.Errorf("stream %d: %s", i, outs[i].String())
		}
	}
}

func throughWriter(s *Set, pieces ...string) string {
	var out strings.Builder
	w := s.Writer(&out)
	for _, p := range pieces {
		if n, err := io.WriteString(w, p); n != len(p) || err != nil {
			return fmt.Sprintf("Write of %d bytes returned %d, %v", len(p), n, err)
		}
	}
	if err := w.Flush(); err != nil {
		return err.Error()
	}
	return out.String()
}

// randomNeedles returns needles that share bytes, prefixes and suffixes more often
// than secrets do.
func randomNeedles(random *rand.Rand) []string {
	least := minLen + 7*random.IntN(4)
	needles := make([]string, 1+random.IntN(6))
	for i := range needles {
		needles[i] = letters(random, least+random.IntN(12))
		if i > 0 && random.IntN(3) == 0 {
			needles[i] = needles[i-1] + needles[i][least:]
		}
	}
	return needles
}

func randomText(random *rand.Rand, needles []string) string {
	var b strings.Builder
	for range random.IntN(12) {
		n := needles[random.IntN(len(needles))]
		from := random.IntN(len(n))
		b.WriteString([]string{n, n[from:], n[:from], letters(random, random.IntN(5)), "."}[random.IntN(5)])
	}
	return b.String()
}

func letters(random *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "aaab"[random.IntN(4)]
	}
	return string(b)
}
