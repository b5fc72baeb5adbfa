package steps

import "github.com/azstep/azstep/internal/audit"

// File replaces the file that its input names, once it is complete.
type File = audit.File

// Files gives access to the files that inputs name.
type Files = audit.Files

// Filed is a step whose inputs name files. Read is called once the inputs are
// decoded, and Open if nothing is wrong with them. Drop is called at the end of
// every run: it discards files that Open began and Run did not commit.
type Filed interface {
	Read(Files) []error
	Open(Files) error
	Drop()
}
