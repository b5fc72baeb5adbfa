// Package steps contains the operations, one file each, and the table of them.
//
// A step knows its inputs, the calls that it makes, and how to describe what it did.
// It does not exit, read the environment, print, or write files; everything that
// leaves it goes through its [Env]. A minted credential leaves it only through
// lease.Hold.
package steps

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/audit"
	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/transport"
)

// Operation is one row of the table: everything that running it, `help` and the
// documentation need to know.
type Operation struct {
	Name  string
	Does  string // one sentence
	Mints bool   // its token can be exported, and `exec` can use it
	// Outputs lists the operation's own outputs, see [SharedOutputs].
	Outputs []string
	New     func() Step
}

// All lists the operations, in the order of the documentation. Each is in a file of
// its own.
func All() []Operation {
	return []Operation{
		mintPATOperation(),
		revokePATOperation(),
		mintIoTTokenOperation(),
		revokeIoTTokenOperation(),
		mintEntraTokenOperation(),
		ensureTeamOperation(),
		checkPermissionsOperation(),
		ensurePermissionsOperation(),
		prunePATsOperation(),
		whoamiOperation(),
	}
}

// Find returns the operation with that name.
func Find(name string) (Operation, bool) {
	for _, o := range All() {
		if o.Name == name {
			return o, true
		}
	}
	return Operation{}, false
}

// Inputs lists the names of all inputs of all operations, sorted.
func Inputs() []string {
	names := append([]string{"operation"}, input.Names(new(Common))...)
	for _, op := range All() {
		names = append(names, input.Names(op.New())...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// SharedOutputs lists the outputs that any operation may have.
func SharedOutputs() []string { return []string{"refresh-token", "error"} }

// AllOutputs lists the names of all outputs, sorted.
func AllOutputs() []string {
	names := SharedOutputs()
	for _, op := range All() {
		names = append(names, op.Outputs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Step is an operation with its inputs: a struct that package input decodes, with a
// method Validate for rules that concern several inputs.
type Step interface {
	// Need says which credential the step needs.
	Need() auth.Need
	// Addresses lists the base URLs of its requests, in the order of first use.
	Addresses() []Address
	// Run performs the operation and passes the result to Env.Deliver, once.
	Run(context.Context, Env) error
}

// Filed is a step whose inputs name files. Read is called once the inputs are
// decoded, and Open if nothing is wrong with them. Drop is called at the end of
// every run: it discards files that Open began and Run did not commit.
type Filed interface {
	Read(Files) []error
	Open(Files) error
	Drop()
}

// File replaces the file that its input names, once it is complete.
type File = audit.File

// Files gives access to the files that inputs name.
type Files = audit.Files

// Address is a base URL, the kind of credential that is sent there, and the input
// that named it.
type Address struct {
	Kind  transport.Kind
	URL   *url.URL // nil if the input is wrong
	Input string
}

// Logger logs what a step does.
type Logger interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	// WarnAt is a warning about a line of a file in the checkout.
	Progress(text string) bool
	WarnAt(file string, line int, text string)
}

// Env is what a step runs with.
type Env struct {
	Caller *client.Caller
	Log    Logger
	Hide   func(secret string) // registers a secret before anything can print it
	// Token returns the credential's own Entra token.
	Token   func(context.Context) (auth.Token, error)
	About   func(context.Context) (auth.About, error) // what the credential says about itself
	Proxy   func(to *url.URL) string                  // the proxy on the way to an address, or ""
	Journal lease.Journal
	Deliver func(context.Context, Result) (keep bool, err error)
	// Check reports whether the host would accept outputs that are already known.
	Check  func(...host.Output) error
	Now    func() time.Time
	DryRun bool
	// Shown says that a person sees the summary right below the log.
	Shown bool
	// Attempts is how often a request that is safe to repeat is tried.
	Attempts int
	// MaxOutput is the maximum size of one output, in bytes.
	MaxOutput int
	RunName   string         // the repository or project and the run, for names
	Access    lease.Identity // how to authenticate again
	// CredentialEnds returns when the credential expires, if known.
	CredentialEnds func() (time.Time, bool)
	// Ending describes how a minted credential ends on this host. Advice says how
	// the user can make it end with the job if the host does not do so, or is "".
	Ending, Advice string
	// Exec says that the credential ends with a command, even if revoke-at-job-end
	// is false.
	Exec bool
}

// Result is what a step delivers.
type Result struct {
	Outputs []host.Output
	Summary host.Summary
	Token   string // token for export-env and exec, or ""
	Done    string // one line for the log
}

// check reports whether the host would accept outputs that are known before the
// mint. The command of exec receives no outputs.
func (e Env) check(outputs ...host.Output) error {
	if e.Exec {
		return nil
	}
	return e.Check(outputs...)
}

// rehearsed ends a dry run: it says what would have been done.
func (e Env) rehearsed(ctx context.Context, format string, args ...any) error {
	done := fmt.Sprintf(format, args...)
	_, err := e.Deliver(ctx, Result{
		Done: "dry run: would " + done,
		Summary: host.Summary{
			Title: "Dry run", Lead: []string{"Nothing was changed. Without `dry-run`, this step would " + done + "."}, Logged: true,
		},
	})
	return err
}
