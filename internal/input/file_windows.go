package input

import "os"

const noFollow = 0

// giveTo does nothing: a file on Windows belongs to whoever runs azstep.
func giveTo(*os.File, string) error { return nil }
