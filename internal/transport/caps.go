package transport

import (
	"errors"
	"io"
)

// How much of what a server sends is read, in bytes after decompression.
const (
	maxObject  = 8 << 20
	maxElement = int64(8 << 20)   // one element of a list
	maxList    = int64(256 << 20) // a whole list
	maxCount   = 250_000          // elements of a list
	maxRefusal = 64 << 10         // the body of an error
	maxHeader  = 256 << 10
)

// ErrTooLarge is what a decoder of an answer says that has more elements than it takes.
var ErrTooLarge = errors.New("the answer is larger than azstep reads")

// meter ends a body that is larger than its allowance with an error. A list
// moves the allowance on from element to element.
type meter struct {
	io.Closer
	from  io.Reader
	count int64 // bytes read
	allow int64 // bytes that may be read, in all
	err   error // what reading ended with, but for io.EOF
}

func capped(body io.ReadCloser, allow int64) *meter {
	return &meter{Closer: body, from: body, allow: allow}
}

// Read complains only when more is there than may be read.
func (m *meter) Read(p []byte) (int, error) {
	left := m.allow - m.count
	if left <= 0 {
		return 0, m.fail(m.probe())
	}
	n, err := m.from.Read(p[:min(int64(len(p)), left)])
	m.count += int64(n)
	return n, m.fail(err)
}

// probe is io.EOF at the body's end, and ErrTooLarge before it.
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
