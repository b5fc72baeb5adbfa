package host

import "os"

// noWait is nothing: Windows has no pipes among files.
const noWait = 0

// noFollow is nothing: making a symbolic link is a privilege on Windows.
const noFollow = 0

// shared is empty: Windows has no modes, and a file in the user's profile is the
// user's alone.
func shared(os.FileInfo) string { return "" }
