package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/command"
)

// TestMain turns the test binary into the two programs that the template runs:
// azstep, and a docker that runs azstep with the variables that it was told to pass.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "azstep":
		os.Exit(azstep(os.Args[1:], os.Environ(), os.Getpid()))
	case "docker":
		os.Exit(docker(os.Args[1:]))
	}
	os.Exit(m.Run())
}

func azstep(args, environ []string, pid int) int {
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	dir, _ := os.Getwd()
	p := command.Process{
		Args: append([]string{"azstep"}, args...), Env: env, Dir: dir, PID: pid,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Version: "test",
	}
	ctx, cancel := testContext()
	defer cancel()
	return p.Run(ctx)
}

// docker plays `docker run`: the container's environment contains only the variables
// named by --env, and no argument may contain a value.
func docker(args []string) int {
	var environ []string
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "run" || arg == "--rm" || arg == "--read-only":
		case arg == "--volume" || arg == "--workdir":
			i++
		case arg == "--env":
			i++
			if strings.Contains(args[i], "=") {
				fmt.Fprintln(os.Stderr, "a value is in the arguments:", args[i])
				return 125
			}
			if value, ok := os.LookupEnv(args[i]); ok {
				environ = append(environ, args[i]+"="+value)
			}
		case strings.HasPrefix(arg, "-"):
			fmt.Fprintln(os.Stderr, "unknown flag:", arg)
			return 125
		default: // the image, and its arguments
			return azstep(args[i+1:], environ, 1)
		}
	}
	return 125
}

// testContext limits the time of one azstep in a test.
func testContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}
