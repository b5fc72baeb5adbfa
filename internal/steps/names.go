package steps

import (
	"slices"

	"github.com/azstep/azstep/internal/input"
)

// Inputs lists the names of all inputs of all operations, sorted.
func Inputs() []string {
	names := append([]string{"operation"}, input.Names(new(Common))...)
	for _, op := range All() {
		names = append(names, input.Names(op.New())...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
