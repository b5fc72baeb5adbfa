package steps

import "io"

// Files are the files that inputs name. Their errors are invalid-input and
// blame the input.
type Files interface {
	// ReadFile reads at most limit bytes.
	ReadFile(input, path string, limit int64) ([]byte, error)
	// Create empties the file, or makes it.
	Create(input, path string) (io.WriteCloser, error)
	// Place is where a file is in the checkout, with slashes.
	Place(path string) string
}

// Filed is a step whose inputs name files. Read is called once the inputs are
// decoded, and Open when nothing at all is wrong with them: a run that is
// refused does not empty a file.
type Filed interface {
	Read(Files) []error
	Open(Files) error
}
