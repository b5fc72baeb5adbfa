package mask

import (
	"io"
	"slices"
	"sync"
)

const (
	// pieceLen limits the bytes that are processed at once, and thus the memory.
	pieceLen = 128 << 10
	// promptLen is the maximum number of held bytes that are shown if nothing
	// follows for a while: fewer than the shortest needle has.
	promptLen = minLen - 1
)

// Writer replaces the secrets of its Set in everything that is written to it. It
// holds back only bytes that may be the beginning of a secret, at most as many as
// the longest form has. One goroutine may write while another calls Relent.
type Writer struct {
	mu    sync.Mutex
	set   *Set
	dst   io.Writer
	cover cover
	held  []byte // the end of the stream so far, not yet decided
	err   error  // the first error of dst, which ends the stream
}

// Writer returns a Writer to w. Secrets that are added to the Set later are hidden
// from the next Write on.
func (s *Set) Writer(w io.Writer) *Writer {
	return &Writer{set: s, dst: w}
}

// Write passes p on, as far as it can be decided. After an error of the destination
// every call returns that error.
func (w *Writer) Write(p []byte) (n int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x := w.set.current()
	for piece := range slices.Chunk(p, pieceLen) {
		if err := w.pass(x, piece, false); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, w.err
}

// Flush ends the stream: the bytes that are held back are not a secret and are
// shown. A Write after it begins a new stream.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.pass(w.set.current(), nil, true)
	w.cover.run = false
	return err
}

// Relent shows the bytes that are held back if there are at most 3, because they may
// be a prompt. If they turn out to begin a secret, the rest of it is still hidden.
// More bytes stay held.
func (w *Writer) Relent() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || len(w.held) > promptLen {
		return w.err
	}
	w.cover.out = w.cover.out[:0]
	w.cover.show(w.held, len(w.held))
	return w.send()
}

func (w *Writer) pass(x *index, piece []byte, last bool) error {
	if w.err != nil {
		return w.err
	}
	if len(w.held) > 0 {
		w.held = append(w.held, piece...)
		piece = w.held
	}
	end := w.cover.pass(x, piece, last)
	w.held = append(w.held[:0], piece[end:]...)
	return w.send()
}

// send writes the decided bytes in one piece.
func (w *Writer) send() error {
	if len(w.cover.out) == 0 {
		return nil
	}
	n, err := w.dst.Write(w.cover.out)
	if err == nil && n < len(w.cover.out) {
		err = io.ErrShortWrite
	}
	w.err = err
	return err
}
