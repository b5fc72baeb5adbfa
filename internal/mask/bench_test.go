package mask

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

// The figures in the package documentation come from these benchmarks:
//
//	go test -run '^$' -bench . ./internal/mask

var kinds = []string{"random", "shared-prefix", "short4"}

// BenchmarkRedact measures the redactor on one core, with a build log that contains
// no secret, in pieces as Copy reads them.
func BenchmarkRedact(b *testing.B) {
	text := buildLog(16 << 20)
	for _, kind := range kinds {
		for _, n := range []int{1, 20, 240, 1000, 10000} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				redact(b, setOf(manyNeedles(n, kind)), text, pieceLen)
			})
		}
	}
}

// BenchmarkLines measures the redactor with one line per Write.
func BenchmarkLines(b *testing.B) {
	redact(b, setOf(manyNeedles(240, "random")), buildLog(1<<20), 120)
}

// BenchmarkOthers measures the alternatives. The last two are wrong for secrets that
// are split between two pieces, or that overlap.
func BenchmarkOthers(b *testing.B) {
	text := buildLog(4 << 20)
	b.Run("copy", func(b *testing.B) {
		dst := make([]byte, pieceLen)
		inPieces(b, text, pieceLen, func(p []byte) { copy(dst, p) })
	})
	for _, n := range []int{1, 20, 240, 1000} {
		needles := manyNeedles(n, "random")
		var pairs []string
		for _, needle := range needles {
			pairs = append(pairs, needle, mark)
		}
		replacer := strings.NewReplacer(pairs...)
		b.Run(fmt.Sprintf("strings.Replacer/%d", n), func(b *testing.B) {
			inPieces(b, text, pieceLen, func(p []byte) { _, _ = replacer.WriteString(io.Discard, string(p)) })
		})
		b.Run(fmt.Sprintf("bytes.ReplaceAll/%d", n), func(b *testing.B) {
			inPieces(b, text, pieceLen, func(p []byte) {
				for _, needle := range needles {
					p = bytes.ReplaceAll(p, []byte(needle), []byte(mark))
				}
			})
		})
	}
}

// BenchmarkAdverse measures the inputs that are slowest.
func BenchmarkAdverse(b *testing.B) {
	long := strings.Repeat("a", 2000)
	nested := make([]string, 0, 1000)
	for n := range cap(nested) {
		nested = append(nested, long[:minLen+n])
	}
	for _, c := range []struct {
		name    string
		needles []string
		text    string
	}{
		{"nothing-but-secrets", []string{"hunter2hunter2"}, "hunter2hunter2 "},
		{"nothing-but-beginnings", []string{"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9"}, "eyJhbGciOiJSUzI1NiIsInR5cCI6 "},
		{"200-equal-bytes-in-such", []string{long[:200]}, "a"},
		{"2000-equal-bytes-in-such", []string{long}, "a"},
		{"2000-equal-bytes-and-another-in-such", []string{long + "b"}, "a"},
		{"1000-nested-in-equal-bytes", nested, "a"},
		{"1000-nested-in-short-runs", nested, "aaaaaaaaaab"},
	} {
		text := bytes.Repeat([]byte(c.text), 256<<10/len(c.text))
		b.Run(c.name, func(b *testing.B) { redact(b, setOf(c.needles), text, pieceLen) })
	}
}

// BenchmarkBuild measures the first Write after an Add.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{20, 240, 1000, 10000} {
		needles := manyNeedles(n, "random")
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				setOf(needles).current()
			}
		})
	}
}

// BenchmarkAdd adds a PAT with all its forms.
func BenchmarkAdd(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		new(Set).Add(strings.Repeat("FAKE-PAT-0001", 6))
	}
}

func redact(b *testing.B, s *Set, text []byte, size int) {
	s.current()
	w := s.Writer(io.Discard)
	inPieces(b, text, size, func(p []byte) { _, _ = w.Write(p) })
}

func inPieces(b *testing.B, text []byte, size int, do func([]byte)) {
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for rest := text; len(rest) > 0; {
			n := min(size, len(rest))
			do(rest[:n])
			rest = rest[n:]
		}
	}
}

func setOf(needles []string) *Set {
	s := new(Set)
	s.insert(needles)
	return s
}

// manyNeedles returns n needles of 24 to 63 bytes.
func manyNeedles(n int, kind string) []string {
	random := rand.NewChaCha8([32]byte{1})
	needles := make([]string, n)
	for i := range needles {
		secret := make([]byte, 18+i%30)
		_, _ = random.Read(secret)
		needles[i] = base64.StdEncoding.EncodeToString(secret)
		if kind == "shared-prefix" {
			needles[i] = "eyJhbGciOi" + needles[i]
		}
	}
	if kind == "short4" {
		needles[0] = needles[0][:4]
	}
	return needles
}

// buildLog returns n bytes of typical build output.
func buildLog(n int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{
		"build", "restore", "compile", "node_modules/", "INFO", "warning:", "==>", "ok", "cached", "downloading",
		"2026-11-21T10:11:12Z", "eyJhbGciOi", "sha256:9f86d081884c7d659a2feaa0c55ad015", "https://dev.azure.com/fabrikam",
	}
	var b bytes.Buffer
	for b.Len() < n {
		for range 8 {
			b.WriteString(words[random.IntN(len(words))])
			b.WriteByte(' ')
		}
		fmt.Fprintln(&b, random.Int64())
	}
	return b.Bytes()[:n]
}
