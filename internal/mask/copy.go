package mask

import (
	"errors"
	"io"
	"time"
)

// silence is how long a stream says nothing before a short end that is held
// back is shown: soon enough for a person at a prompt, and long enough for the
// rest of a secret that a program writes in parts.
const silence = 200 * time.Millisecond

// Copy passes src through a Writer to dst until src ends. After 200 ms without
// anything from src it shows a held end of at most 3 bytes, see [Writer.Relent].
//
// An error of dst ends it at once, with src unread: close src then, so that
// whoever writes there does not wait forever. If dst fails while src is silent,
// this is known only when src says more or ends. After an error of src
// everything that was read before has been passed on.
func (s *Set) Copy(dst io.Writer, src io.Reader) error {
	w := s.Writer(dst)
	// What goes wrong in Relent, the next Write or Flush returns.
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
