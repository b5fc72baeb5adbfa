// Command azstep-emulator serves fake Azure DevOps, IoT Central and Microsoft Entra
// on one TLS port of the loopback interface until it receives SIGTERM or SIGINT.
//
//	azstep-emulator -dir DIR [-addr 127.0.0.1:0] [-name NAME] [-seed FILE] [-latency 0s]
//
// It writes DIR/ca.pem and DIR/env, then prints "ready URL".
//
// With -name it may listen on any address. NAME is the host name or address under
// which other containers or machines reach it, and its certificate is issued for
// that name. The emulator does not check who its callers are. Nothing real is behind
// it, but anyone who can reach the port can interfere with its users.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/azstep/azstep/internal/emulator"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "azstep-emulator:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("azstep-emulator", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("dir", "", "directory for ca.pem and env (required)")
	addr := flags.String("addr", "127.0.0.1:0", "address to listen on; without -name, a loopback address")
	name := flags.String("name", "", "host name or address that clients use, if it is not a loopback address")
	seed := flags.String("seed", "", "YAML file with another initial state")
	latency := flags.Duration("latency", 0, "delay of every response")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *dir == "" || flags.NArg() > 0 {
		return errors.New("usage: azstep-emulator -dir DIR [-addr 127.0.0.1:0] [-name NAME] [-seed FILE] [-latency 0s]")
	}
	options := emulator.Options{Latency: *latency, Name: *name}
	if *seed != "" {
		text, err := os.ReadFile(*seed)
		if err != nil {
			return fmt.Errorf("read the seed: %w", err)
		}
		options.Seed = text
	}
	return serve(ctx, options, *addr, *dir, stdout, stderr)
}

func serve(ctx context.Context, options emulator.Options, addr, dir string, stdout, stderr io.Writer) error {
	server, err := emulator.New(options)
	if err != nil {
		return err
	}
	if err := server.Start(addr); err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	if err := server.WriteDir(dir); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, "ready", server.URL()); err != nil {
		return fmt.Errorf("print the address: %w", err)
	}
	// For people; programs wait for the line on stdout.
	_, _ = fmt.Fprintf(stderr, "in another shell: . %s\nthen, for example: azstep whoami\n", filepath.Join(dir, "env"))
	<-ctx.Done()
	return nil
}
