package mask

import "math/bits"

const (
	// One of 64 bits is set for each gram, so a gram that is in no needle passes in
	// at most one of 64 cases.
	bitsPerGram = 64
	// At least 1 KiB and at most 512 KiB: a larger filter does not fit into the
	// processor's cache, which costs more than the searches that it saves.
	minFilterLog = 13
	maxFilterLog = 22
)

// filter is a set of grams, which are up to four bytes in a number. It may report a
// gram that it does not contain, but never misses one that it contains.
type filter struct {
	bits  []uint64
	shift int // what leaves of a 32-bit hash the number of a bit
}

func newFilter(grams int) filter {
	log := min(max(bits.Len(uint(grams*bitsPerGram)), minFilterLog), maxFilterLog)
	return filter{bits: make([]uint64, 1<<log/64), shift: 32 - log}
}

func (f *filter) add(gram uint32) {
	h := f.hash(gram)
	f.bits[h/64] |= 1 << (h % 64)
}

func (f *filter) has(gram uint32) bool {
	h := f.hash(gram)
	return f.bits[h/64]>>(h%64)&1 != 0
}

// hash is multiplicative: the golden ratio spreads similar grams, and the upper bits
// of the product depend on all bits of the gram.
func (f *filter) hash(gram uint32) uint32 {
	return gram * 0x9E3779B1 >> (f.shift & 31)
}

// gram converts s, at most four bytes, to a number, with the first byte lowest.
func gram(s string) (g uint32) {
	for i := range len(s) {
		g |= uint32(s[i]) << (8 * i)
	}
	return g
}
