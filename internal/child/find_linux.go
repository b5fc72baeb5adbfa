package child

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// knownFormat reports whether the kernel can start a file with this beginning: ELF,
// or a format registered with binfmt_misc.
func knownFormat(head string) error {
	if strings.HasPrefix(head, "\x7fELF") {
		return nil
	}
	registered, _ := os.ReadDir("/proc/sys/fs/binfmt_misc") // if it does not exist, no format is registered
	for _, entry := range registered {
		if entry.Name() != "register" && entry.Name() != "status" {
			return nil
		}
	}
	return unix.ENOEXEC
}
