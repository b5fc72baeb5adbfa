package steps

import "github.com/azstep/azstep/internal/audit"

// File is a file that takes the place of the one its input names when it is
// whole.
type File = audit.File

// Files are the files that inputs name.
type Files = audit.Files

// Filed is a step whose inputs name files. Read is called once the inputs are
// decoded, and Open when nothing at all is wrong with them. Drop is called at the
// end of every run: it discards what Open began and Run did not commit.
type Filed interface {
	Read(Files) []error
	Open(Files) error
	Drop()
}
