// Package program provides the azstep that the tests of the built program run.
package program

import (
	"fmt"
	"os"
	"os/exec"
)

// Other is the environment variable that names another azstep, such as one of an
// older commit, for the same tests to judge.
const Other = "AZSTEP_PROGRAM"

// IsOther reports whether Other is set. The rules about the format of what azstep
// writes apply to this version alone: another program is judged by what each test
// asks for, and by the rules about secrets.
func IsOther() bool { return os.Getenv(Other) != "" }

// Build puts azstep at path: the one that Other names, or else one built from this
// module with the given flags of `go build`.
func Build(path string, flags ...string) error {
	if IsOther() {
		return copyProgram(path, os.Getenv(Other))
	}
	args := append([]string{"build", "-o", path}, flags...)
	said, err := exec.Command("go", append(args, "github.com/azstep/azstep")...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("build azstep: %w: %s", err, said)
	}
	return nil
}

// copyProgram copies rather than links, because tests start the file under several
// names and expect to find it where they put it.
func copyProgram(path, other string) error {
	content, err := os.ReadFile(other)
	if err != nil {
		return fmt.Errorf("%s: %w", Other, err)
	}
	return os.WriteFile(path, content, 0o755)
}
