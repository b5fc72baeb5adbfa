package lease

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// world is a service, a journal, and a log of the calls to them.
type world struct {
	issues  []func(ctx context.Context) (string, error) // the answers to Issue, in order
	live    []string
	born    map[int]string // the credentials that exist from the nth Find on
	finds   int
	hangs   int // the search that gets no response, which only its context ends; 0 means none
	findErr error
	revErr  error
	recErr  map[int]error // by number of Record
	journal []Intent
	log     []string
	said    []string
	until   time.Time // the expiry in the service's response
}

func (w *world) says(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *world) Issue(ctx context.Context, in Intent) (Issued[string], error) {
	w.log = append(w.log, "issue")
	answer := w.issues[0]
	w.issues = w.issues[1:]
	id, err := answer(ctx)
	return Issued[string]{Value: "FAKE-token", ID: id, Expires: w.until}, err
}

func (w *world) Find(ctx context.Context, _ Intent) ([]string, error) {
	w.log = append(w.log, "find")
	if w.finds++; w.born[w.finds] != "" {
		w.live = append(w.live, w.born[w.finds])
	}
	if w.finds == w.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return slices.Clone(w.live), w.findErr
}

func (w *world) Revoke(_ context.Context, id string) (gone bool, err error) {
	w.log = append(w.log, "revoke "+id)
	gone = !slices.Contains(w.live, id)
	if w.revErr == nil {
		w.live = slices.DeleteFunc(w.live, func(l string) bool { return l == id })
	}
	return gone, w.revErr
}

func (w *world) Record(in Intent) error {
	w.journal = append(w.journal, in)
	return w.recErr[len(w.journal)]
}

func (w *world) mint(id string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { w.live = append(w.live, id); return id, nil }
}

// lost mints a credential and loses the response.
func (w *world) lost(id string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		w.live = append(w.live, id)
		return "", &fault.Error{Code: fault.Network, MaybeDone: true, Err: errors.New("reset")}
	}
}

func refuse(maybe bool) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		return "", &fault.Error{Code: "pat-invalid-scope", MaybeDone: maybe, Err: errors.New("no")}
	}
}

// rejected returns a sign-in page, which may come from a proxy.
func rejected(context.Context) (string, error) { return "", needsSignInError(true) }

func needsSignInError(maybe bool) error {
	return &fault.Error{Code: fault.CredentialRejected, MaybeDone: maybe, Err: errors.New("sign in")}
}

func keep(context.Context, string) (bool, error) { return true, nil }

func nonNil(s []string) []string { return append([]string{}, s...) }

func codeOf(err error) fault.Code {
	if err == nil {
		return ""
	}
	return fault.From(err).Code
}
