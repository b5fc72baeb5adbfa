package mask

import (
	"errors"
	"io"
	"time"
)

// silence is how long a stream must be silent before a short end that is held back
// is shown: soon enough for a user at a prompt, and long enough for the rest of a
// secret that a program writes in parts.
const silence = 200 * time.Millisecond

// Copy passes src through a Writer to dst until src ends. If src is silent for 200
// ms, it shows a held end of at most 3 bytes, see [Writer.Relent].
//
// An error of dst ends it immediately, without reading the rest of src: close src
// then, so that its writer does not wait forever. If dst fails while src is silent,
// Copy notices only when src continues or ends. After an error of src, everything
// that was read before has been passed on.
func (s *Set) Copy(dst io.Writer, src io.Reader) error {
	w := s.Writer(dst)
	// An error in Relent is returned by the next Write or Flush.
	quiet := time.AfterFunc(silence, func() { _ = w.Relent() })
	defer quiet.Stop()
	buf := make([]byte, pieceLen)
	for {
		n, err := src.Read(buf)
		if _, failed := w.Write(buf[:n]); failed != nil {
			return failed
		}
		if errors.Is(err, io.EOF) {
			return w.Flush()
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
		quiet.Reset(silence)
	}
}
