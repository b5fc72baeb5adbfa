package mask

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
)

const (
	// minLen is the minimum length of a needle, in bytes: shorter ones would occur
	// in any log by chance.
	minLen = 4
	// maxStride limits how often a needle is entered in the filter of samples.
	maxStride = 16
	// shortNeedle is the length in bytes from which samples have four bytes. For
	// shorter needles they have three: such samples are less selective, but the
	// stride is longer by one, which doubles it for a needle of four bytes.
	shortNeedle = 8
)

// index finds needles in bytes. It never changes once it is built.
//
// A binary search decides whether a needle begins at a position. It is slow, so two
// filters come first. Any needle that begins at one of the next stride positions has
// one of its first samples at the last of them, so one lookup there can rule out all
// of them. Otherwise the heads say which of them are worth a search.
type index struct {
	needles []string // sorted, without duplicates, none shorter than minLen
	parents []int32  // for each needle, the longest other one that is a prefix of it, or -1
	longest int      // length of the longest needle, in bytes
	stride  int      // positions that one lookup of a sample covers
	width   int      // length of a sample, in bytes
	samples filter   // the samples at the first stride positions of each needle
	heads   filter   // the first minLen bytes of each needle
}

// newIndex takes ownership of the needles. They need not be sorted.
func newIndex(needles []string) *index {
	slices.Sort(needles)
	x := &index{needles: needles, parents: make([]int32, len(needles)), width: 4}
	shortest := maxStride + x.width - 1
	for i, n := range needles {
		x.parents[i] = int32(ancestor(x, i-1, n))
		x.longest, shortest = max(x.longest, len(n)), min(shortest, len(n))
	}
	if shortest < shortNeedle {
		x.width = 3
	}
	x.stride = min(shortest-x.width+1, maxStride)
	x.fillFilters()
	return x
}

func (x *index) fillFilters() {
	x.samples = newFilter(len(x.needles) * x.stride)
	x.heads = newFilter(len(x.needles))
	for _, n := range x.needles {
		x.heads.add(gram(n[:minLen]))
		for i := range x.stride {
			x.samples.add(gram(n[i : i+x.width]))
		}
	}
}

// ancestor returns the longest needle that is a prefix of s, provided that it is the
// needle at i or a prefix of it; -1 if there is none.
func ancestor[T []byte | string](x *index, i int, s T) int {
	for i >= 0 && !begins(s, x.needles[i]) {
		i = int(x.parents[i])
	}
	return i
}

func begins[T []byte | string](s T, prefix string) bool {
	return len(s) >= len(prefix) && string(s[:len(prefix)]) == prefix
}

// at describes the beginning of b: n is the length of the longest needle there, or
// 0; open says that b ends before it is known whether there is a longer one.
func (x *index) at(b []byte) (n int, open bool) {
	above := sort.Search(len(x.needles), func(i int) bool { return x.needles[i] > string(b) })
	if len(b) < x.longest && above < len(x.needles) {
		open = strings.HasPrefix(x.needles[above], string(b))
	}
	// In sorted order, all needles between a needle that is a prefix of b and b
	// itself have that needle as a prefix, too.
	if i := ancestor(x, above-1, b); i >= 0 {
		n = len(x.needles[i])
	}
	return n, open
}

// next returns the first position in b from i on at which a needle may begin, or
// len(b). In the last bytes, which are too few for a head, it may be any position.
func (x *index) next(b []byte, i int) int {
	for {
		i = x.leap(b, i)
		end := min(i+x.stride, len(b)-minLen+1)
		if i >= end {
			return i
		}
		for ; i < end; i++ {
			if x.heads.has(binary.LittleEndian.Uint32(b[i:])) {
				return i
			}
		}
	}
}

// leap skips positions at which no needle begins, one stride at a time.
func (x *index) leap(b []byte, i int) int {
	samples, stride, mask := x.samples, x.stride, uint32(1)<<(8*x.width)-1
	for last := i + stride - 1; last+4 <= len(b); last += stride {
		if samples.has(binary.LittleEndian.Uint32(b[last:]) & mask) {
			break
		}
		i += stride
	}
	return i
}
