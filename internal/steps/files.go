package steps

import "io"

// File is a file that takes the place of the one its input names when it is
// whole. Discard after Commit does nothing.
type File interface {
	io.Writer
	Commit() error
	Discard()
}

// Files are the files that inputs name. Their errors are invalid-input and
// blame the input.
type Files interface {
	// ReadFile reads at most limit bytes.
	ReadFile(input, path string, limit int64) ([]byte, error)
	// Create begins a file; until it is committed, an old one stays as it is.
	Create(input, path string) (File, error)
	// Place is where a file is in the checkout, with slashes.
	Place(path string) string
}

// Filed is a step whose inputs name files. Read is called once the inputs are
// decoded, and Open when nothing at all is wrong with them. Drop is called at the
// end of every run: it discards what Open began and Run did not commit.
type Filed interface {
	Read(Files) []error
	Open(Files) error
	Drop()
}
