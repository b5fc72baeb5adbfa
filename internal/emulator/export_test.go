package emulator

// What the tests of this package need of its inside.
var (
	PATTime = patTime
	Glob    = glob

	TeamNameProblem = teamNameProblem
	GUIDOf          = guidOf
)
