package transport

import (
	"errors"
	"io"
)

// Limits on what is read from a server, in bytes after decompression.
const (
	maxObject  = 8 << 20
	maxElement = int64(8 << 20)   // one element of a list
	maxList    = int64(256 << 20) // a whole list
	maxCount   = 250_000          // elements of a list
	maxRefusal = 64 << 10         // the body of an error
	maxHeader  = 256 << 10
)

// ErrTooLarge is returned by decoders for a response with too many elements.
var ErrTooLarge = errors.New("the response is larger than azstep accepts")

// meter fails if a body is larger than allowed. A list raises the limit with each
// element.
type meter struct {
	io.Closer
	from  io.Reader
	count int64 // bytes read so far
	allow int64 // bytes that may be read in total
	err   error // error that ended the reading, except io.EOF
}

func capped(body io.ReadCloser, allow int64) *meter {
	return &meter{Closer: body, from: body, allow: allow}
}

// Read fails only if there is more data than allowed.
func (m *meter) Read(p []byte) (int, error) {
	left := m.allow - m.count
	if left <= 0 {
		return 0, m.fail(m.probe())
	}
	n, err := m.from.Read(p[:min(int64(len(p)), left)])
	m.count += int64(n)
	return n, m.fail(err)
}

// probe returns io.EOF at the end of the body, otherwise ErrTooLarge.
func (m *meter) probe() error {
	n, err := io.ReadFull(m.from, make([]byte, 1))
	if n > 0 {
		return ErrTooLarge
	}
	return err
}

func (m *meter) fail(err error) error {
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return err
}
