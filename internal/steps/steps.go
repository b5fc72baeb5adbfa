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
	"time"

	"github.com/azstep/azstep/internal/auth"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/host"
	"github.com/azstep/azstep/internal/lease"
	"github.com/azstep/azstep/internal/transport"
)

// Operation is one row of the table: all that running it, `help` and the
// documentation need to know.
type Operation struct {
	Name  string
	Does  string // one sentence
	Mints bool   // its token can be exported, and `exec` can use it
	// Outputs are those of its own, see [SharedOutputs].
	Outputs []string
	New     func() Step
}

// All are the operations, in the order of the documentation. Each stands in a file
// of its own.
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

// Find is the operation of that name, if there is one.
func Find(name string) (Operation, bool) {
	for _, o := range All() {
		if o.Name == name {
			return o, true
		}
	}
	return Operation{}, false
}

// Step is one operation with its inputs: a struct that package input decodes,
// and that checks what lies between its inputs by a method Validate.
type Step interface {
	// Need says what credential the step takes.
	Need() auth.Need
	// Addresses are the base URLs that its requests go to, the first one first.
	Addresses() []Address
	// Run does it and hands the result to Env.Deliver, once.
	Run(context.Context, Env) error
}

// Address is a base URL, the kind of credential that is sent there, and the input that
// named it.
type Address struct {
	Kind  transport.Kind
	URL   *url.URL // nil where the input is wrong
	Input string
}

// Logger is where a step says what it does.
type Logger interface {
	Infof(format string, args ...any)
	Warnf(format string, args ...any)
	// WarnAt is a warning about a line of a file in the checkout.
	Progress(text string) bool
	WarnAt(file string, line int, text string)
}

// Env is what a step is run with.
type Env struct {
	Caller *client.Caller
	Log    Logger
	Hide   func(secret string) // registers a secret before anything can print it
	// Token is the credential's own Entra token.
	Token   func(context.Context) (auth.Token, error)
	About   func(context.Context) (auth.About, error) // what the credential says of itself
	Proxy   func(to *url.URL) string                  // the proxy on the way to an address, or ""
	Journal lease.Journal
	Deliver func(context.Context, Result) (keep bool, err error)
	// Check reports whether the host would take outputs that are known already.
	Check  func(...host.Output) error
	Now    func() time.Time
	DryRun bool
	// Attempts is how often a request is tried that may be repeated.
	Attempts int
	// MaxOutput is how large one output may be, in bytes.
	MaxOutput int
	RunName   string         // the repository or project and the run, for names
	Access    lease.Identity // how to authenticate again
	// CredentialEnds is when the credential expires, if that is known.
	CredentialEnds func() (time.Time, bool)
	// Ending is how a minted credential ends on this host, and Advice how a user
	// makes it end at the job's end where the host does not, or "".
	Ending, Advice string
	// Exec says that it ends with a command, also where revoke-at-job-end is false.
	Exec bool
}

// Result is what a step hands out.
type Result struct {
	Outputs []host.Output
	Summary host.Summary
	Token   string // what export-env and exec give on, or ""
	Done    string // one line for the log
}

// check reports whether the host would take outputs that are known before the
// mint. A command of exec gets none.
func (e Env) check(outputs ...host.Output) error {
	if e.Exec {
		return nil
	}
	return e.Check(outputs...)
}

// rehearsed ends a dry run: it says what would have been done.
func (e Env) rehearsed(ctx context.Context, format string, args ...any) error {
	_, err := e.Deliver(ctx, Result{Done: "dry run: would " + fmt.Sprintf(format, args...)})
	return err
}
