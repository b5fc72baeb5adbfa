package host

import "os"

// noWait is 0: on Windows, pipes are not files.
const noWait = 0

// noFollow is 0: on Windows, creating a symbolic link requires a privilege.
const noFollow = 0

// shared is "": Windows has no file modes, and a file in the user's profile belongs
// to the user alone.
func shared(os.FileInfo) string { return "" }
