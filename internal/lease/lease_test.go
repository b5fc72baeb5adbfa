package lease

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestHold(t *testing.T) {
	t.Parallel()
	broken := &fault.Error{Code: fault.OutputFailed, Err: errors.New("disk full")}
	for name, c := range map[string]struct {
		set     func(*world)
		deliver func(context.Context, string) (bool, error)
		outlive bool
		want    []string   // the calls
		live    []string   // the credentials that are valid afterwards
		code    fault.Code // "" for success
		state   State      // the state in the last journal entry
		lost    int
	}{
		"delivered": {
			set: func(w *world) { w.issues = append(w.issues, w.mint("a")) }, deliver: keep,
			want: []string{"issue"}, live: []string{"a"}},
		"delivered for longer than the job": {
			set: func(w *world) { w.issues = append(w.issues, w.mint("a")) }, deliver: keep, outlive: true,
			want: []string{"issue"}, live: []string{"a"}, state: Kept},
		"used up by exec": {
			set:     func(w *world) { w.issues = append(w.issues, w.mint("a")) },
			deliver: func(context.Context, string) (bool, error) { return false, nil },
			want:    []string{"issue", "revoke a"}, state: Released},
		"refused": {
			set: func(w *world) { w.issues = append(w.issues, refuse(false)) }, deliver: keep,
			want: []string{"issue"}, code: "pat-invalid-scope", state: Released},
		"outputs cannot be written": {
			set:     func(w *world) { w.issues = append(w.issues, w.mint("a")) },
			deliver: func(context.Context, string) (bool, error) { return true, broken },
			want:    []string{"issue", "revoke a"}, code: fault.OutputFailed, state: Released},
		"intent cannot be recorded": {
			set: func(w *world) { w.recErr = map[int]error{1: broken} }, deliver: keep,
			code: fault.OutputFailed},
		"id cannot be recorded": {
			set: func(w *world) { w.issues = append(w.issues, w.mint("a")); w.recErr = map[int]error{2: broken} }, deliver: keep,
			want: []string{"issue", "revoke a"}, code: fault.OutputFailed, state: Released},
		"kept cannot be recorded": {
			set: func(w *world) { w.issues = append(w.issues, w.mint("a")); w.recErr = map[int]error{3: broken} }, deliver: keep, outlive: true,
			want: []string{"issue", "revoke a"}, code: fault.OutputFailed, state: Released},
		"answer lost, second try": {
			set: func(w *world) { w.issues = append(w.issues, w.lost("a"), w.mint("b")) }, deliver: keep,
			want: []string{"issue", "find", "revoke a", "issue"}, live: []string{"b"}},
		"answer lost, nothing found: the id alone is not enough for post": {
			set: func(w *world) { w.issues = append(w.issues, refuse(true), w.mint("b")) }, deliver: keep,
			want: []string{"issue", "find", "issue"}, live: []string{"b"}, lost: 1},
		"both answers lost": {
			set: func(w *world) { w.issues = append(w.issues, w.lost("a"), w.lost("b")) }, deliver: keep,
			want: []string{"issue", "find", "revoke a", "issue", "find", "revoke b"}, code: fault.Network, state: Released, lost: 1},
		"both lost, second never found: post looks again": {
			set: func(w *world) { w.issues = append(w.issues, w.lost("a"), refuse(true)) }, deliver: keep,
			want: []string{"issue", "find", "revoke a", "issue", "find"}, code: "pat-invalid-scope", state: Open, lost: 1},
		"lost and then refused": {
			set: func(w *world) { w.issues = append(w.issues, w.lost("a"), refuse(false)) }, deliver: keep,
			want: []string{"issue", "find", "revoke a", "issue"}, code: "pat-invalid-scope", state: Released},
		"cannot be found": {
			set:     func(w *world) { w.issues = append(w.issues, w.lost("a")); w.findErr = errors.New("down") },
			deliver: keep,
			want:    []string{"issue", "find", "find"}, live: []string{"a"}, code: fault.RevokeFailed, state: Open, lost: 1},
		"sent to sign in, twice: nobody was let in": {
			set:     func(w *world) { w.issues = append(w.issues, rejected); w.findErr = needsSignInError(false) },
			deliver: keep,
			want:    []string{"issue", "find"}, code: fault.CredentialRejected, state: Released},
		"a page in the place of an answer": {
			set:     func(w *world) { w.issues = append(w.issues, rejected); w.live = []string{"a"} },
			deliver: keep,
			want:    []string{"issue", "find", "revoke a"}, code: fault.CredentialRejected, state: Released},
		"cannot be revoked": {
			set:     func(w *world) { w.issues = append(w.issues, w.mint("a")); w.revErr = errors.New("down") },
			deliver: func(context.Context, string) (bool, error) { return true, broken },
			want:    []string{"issue", "revoke a"}, live: []string{"a"}, code: fault.RevokeFailed, state: Open},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := new(world)
			c.set(w)
			err := Hold(t.Context(), Options{Journal: w, Log: w.says, Attempts: 4}, w, Intent{Name: "n", Outlive: c.outlive}, c.deliver)
			if got := codeOf(err); got != c.code {
				t.Errorf("error %v has code %q, want %q", err, got, c.code)
			}
			if diff := cmp.Diff([2][]string{c.want, c.live}, [2][]string{w.log, slices.Clip(w.live)}, cmp.Transformer("", nonNil)); diff != "" {
				t.Errorf("done, alive (-want +got):\n%s", diff)
			}
			last := w.journal[len(w.journal)-1]
			if last.State != c.state || last.Lost != c.lost {
				t.Errorf("journal ends with %q lost %d, want %q lost %d", last.State, last.Lost, c.state, c.lost)
			}
		})
	}
}

// If the service says when to retry, Hold retries as often as that. Before each
// retry it looks for what the last request may have created, and it logs each wait.
func TestHoldRetriesAsOftenAsTheServiceAsks(t *testing.T) {
	t.Parallel()
	busy := func(id string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) {
			return "", &fault.Error{Code: fault.ServiceUnavailable, Status: 503, MaybeDone: true, RetryAfter: 2 * time.Second, Err: errors.New("busy")}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := new(world)
		w.issues = append(w.issues, busy("a"), busy("b"), busy("c"), w.mint("d"))
		start := time.Now()
		if err := Hold(t.Context(), Options{Journal: w, Log: w.says, Noun: "the PAT", Attempts: 4}, w, Intent{Name: "n"}, keep); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited != 6*time.Second {
			t.Errorf("waited %v", waited)
		}
		want := []string{
			`waiting 2s before the next attempt to create the PAT "n": HTTP 503, as the service asked`,
			`no usable response to the request that creates the PAT "n"; checking whether it created anything`,
			`creating the PAT "n" again: the last request had created nothing`,
		}
		if diff := cmp.Diff(want, w.said[:3]); diff != "" || len(w.said) != 9 {
			t.Errorf("logged %q", w.said)
		}
	})
	w := new(world)
	w.issues = append(w.issues, w.lost("a"), w.lost("b"))
	if err := Hold(t.Context(), Options{Journal: w, Attempts: 4}, w, Intent{Name: "n"}, keep); codeOf(err) != fault.Network {
		t.Errorf("after a lost response, Hold tries once more: %v, %v", err, w.log)
	}
}

// A credential of someone else with the same name ends the mint and is not revoked.
func TestHoldRevokesNoOtherCredential(t *testing.T) {
	t.Parallel()
	w := &world{findErr: &Taken{fault.New(fault.TokenExists, "theirs")}}
	w.issues = append(w.issues, refuse(true))
	err := Hold(t.Context(), Options{Journal: w}, w, Intent{Name: "n"}, keep)
	if diff := cmp.Diff([]string{"issue", "find"}, w.log); diff != "" || codeOf(err) != fault.TokenExists {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if last := w.journal[len(w.journal)-1]; last.State != Released || last.Lost != 0 {
		t.Errorf("journal: %+v", last)
	}
}

// If the service sets a later expiry than requested, the journal contains it.
func TestHoldRecordsALaterExpiry(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	w := &world{until: end.Add(time.Hour)}
	w.issues = append(w.issues, w.mint("a"))
	if err := Hold(t.Context(), Options{Journal: w}, w, Intent{Name: "n", Expires: end}, keep); err != nil {
		t.Fatal(err)
	}
	last := w.journal[len(w.journal)-1]
	if !last.End().Equal(end.Add(time.Hour)) || last.Seen(end.Add(time.Minute)) || !last.Seen(end.Add(2*time.Hour)) || last.Seen(time.Time{}) {
		t.Errorf("%+v ends %v", last, last.End())
	}
}

// An error after the mint says that the credential was revoked, but not if it no
// longer existed.
func TestErrorsSayWhatWasRevoked(t *testing.T) {
	t.Parallel()
	broken := &fault.Error{Code: fault.OutputFailed, Err: errors.New("disk full")}
	w := new(world)
	w.issues = append(w.issues, w.mint("a"))
	fails := func(context.Context, string) (bool, error) { return false, broken }
	err := Hold(t.Context(), Options{Journal: w, Noun: "the PAT"}, w, Intent{Name: "n"}, fails)
	if err == nil || err.Error() != "disk full; the PAT was revoked" || codeOf(err) != fault.OutputFailed {
		t.Errorf("%v", err)
	}
	w = new(world)
	w.issues = append(w.issues, func(context.Context) (string, error) { return "a", nil }) // which no longer exists
	err = Hold(t.Context(), Options{Journal: w, Log: w.says, Noun: "the PAT"}, w, Intent{Name: "n"}, fails)
	if diff := cmp.Diff([]string{`the PAT "n" was already gone`}, w.said); diff != "" || err.Error() != "disk full" {
		t.Errorf("%v %s", err, diff)
	}
}

// After a panic, during the mint or after the delivery, no credential is left valid.
func TestHoldAfterAPanic(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		issue   func(*world) func(context.Context) (string, error)
		deliver func(context.Context, string) (bool, error)
	}{
		"while it mints": {
			issue: func(w *world) func(context.Context) (string, error) {
				return func(context.Context) (string, error) { w.live = append(w.live, "a"); panic("bug") }
			},
		},
		"while it delivers": {
			issue:   func(w *world) func(context.Context) (string, error) { return w.mint("a") },
			deliver: func(context.Context, string) (bool, error) { panic("bug") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			again := refuse(false)
			w.issues = []func(context.Context) (string, error){tc.issue(w), again}
			err := Hold(t.Context(), Options{Journal: w, Noun: "the PAT"}, w, Intent{Name: "x"}, tc.deliver)
			if err == nil || len(w.live) > 0 {
				t.Errorf("%v, alive %q", err, w.live)
			}
		})
	}
}
