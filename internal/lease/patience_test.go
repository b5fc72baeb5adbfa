package lease

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/azstep/azstep/internal/fault"

	"github.com/google/go-cmp/cmp"
)

var errSignal = &fault.Error{Code: fault.Cancelled, Err: errors.New("told to stop")}

func TestHoldAfterASignal(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer time.Duration // time of the response to Issue; the signal arrives after one second
		want   []string
		state  State
		within time.Duration
	}{
		"before anything was sent":        {answer: -1, within: 0},
		"the answer still comes":          {answer: 3 * time.Second, want: []string{"issue", "revoke a"}, state: Released, within: 3 * time.Second},
		"the answer takes too long":       {answer: time.Minute, want: []string{"issue", "find", "revoke a"}, state: Released, within: time.Second + linger},
		"the answer was there long since": {answer: 0, want: []string{"issue", "revoke a"}, state: Released, within: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errSignal) })
				if c.answer < 0 {
					cancel(errSignal)
				}
				w := new(world)
				w.issues = append(w.issues, func(ctx context.Context) (string, error) {
					w.live = append(w.live, "a")
					select {
					case <-time.After(c.answer):
						return "a", nil
					case <-ctx.Done():
						return "", &fault.Error{Code: fault.Cancelled, MaybeDone: true, Err: context.Cause(ctx)}
					}
				})
				start := time.Now()
				err := Hold(ctx, Options{Journal: w, Log: w.says}, w, Intent{Name: "n"}, func(ctx context.Context, _ string) (bool, error) {
					<-ctx.Done() // the signal arrives while the outputs are written
					return true, nil
				})
				if codeOf(err) != fault.Cancelled || len(w.live) != 0 && c.answer >= 0 {
					t.Errorf("error %v, alive %v", err, w.live)
				}
				if diff := cmp.Diff(nonNil(c.want), nonNil(w.log)); diff != "" {
					t.Error(diff)
				}
				if len(w.journal) > 0 && w.journal[len(w.journal)-1].State != c.state {
					t.Errorf("journal: %+v", w.journal)
				}
				if took := time.Since(start); took > c.within {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestDeadlineGivesNoSecondTry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		born  int // the search that finds the credential; 0 means none
		hangs int // the search that gets no response; 0 means none
		want  []string
		state State
		code  fault.Code
	}{
		"never found: the response may still be on its way": {0, 0, []string{"issue", "find", "find", "find"}, Open, fault.Timeout},
		"found at once": {1, 0, []string{"issue", "find", "revoke a"}, Released, fault.Timeout},
		"created after azstep stopped waiting for its response": {3, 0, []string{"issue", "find", "find", "find", "revoke a"}, Released, fault.Timeout},
		"no time left for the second search":                    {0, 2, []string{"issue", "find", "find"}, Open, fault.Timeout},
		"no time left for the last search":                      {0, 3, []string{"issue", "find", "find", "find"}, Open, fault.Timeout},
		"no search succeeds":                                    {0, 1, []string{"issue", "find"}, Open, fault.RevokeFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, fault.New(fault.Timeout, "too slow"))
				defer cancel()
				w := &world{born: map[int]string{c.born: "a"}, hangs: c.hangs}
				w.issues = append(w.issues, func(ctx context.Context) (string, error) {
					<-ctx.Done()
					return "", &fault.Error{Code: fault.Timeout, MaybeDone: true, Err: fmt.Errorf("mint: %w", context.Cause(ctx))}
				})
				err := Hold(ctx, Options{Journal: w, Log: w.says}, w, Intent{Name: "n"}, keep)
				if diff := cmp.Diff(c.want, w.log); diff != "" || codeOf(err) != c.code {
					t.Errorf("%v (-want +got):\n%s", err, diff)
				}
				if last := w.journal[len(w.journal)-1]; last.State != c.state {
					t.Errorf("journal: %+v", last)
				}
			})
		})
	}
}
