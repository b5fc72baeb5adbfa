package forms

import "os"

func exitCode(state *os.ProcessState) int { return state.ExitCode() }
