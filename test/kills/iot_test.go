//go:build unix

package kills

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// taken is a token id that may already have been used.
const taken = "deploy"

// TestAPITokenKilledAtAnyInstant does the same to API tokens as to PATs, with
// generated ids, ids that the user chose, and ids of someone else's token, which
// must stay or be replaced.
func TestAPITokenKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	usual := usually(t, places()[0])
	for i := range instants() {
		p := places()[i%len(places())]
		t.Run(p.String()+" "+strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			w, plan := newWorld(t, iotTokens(), p), planned(i, usual)
			switch rand.New(rand.NewPCG(*seed, uint64(i)+1<<32)).IntN(4) {
			case 0:
				w.inputs["token-id"] = taken
			case 1:
				w.somebodyElse()
				w.inputs["replace"] = "true"
			case 2:
				foreign := w.somebodyElse()
				w.kind.refuses = true
				defer w.stillThere(foreign)
			}
			w.disturb(plan)
		})
	}
}

// somebodyElse mints a token with that id in another job. From now on, only tokens
// that are created later count as valid.
func (w *world) somebodyElse() emulator.APIToken {
	w.t.Helper()
	ours := w.job
	w.job = &hosttest.Job{Host: hosttest.Local, Dir: w.t.TempDir()}
	w.inputs["token-id"] = taken
	if r := w.start(w.step(), signal{}, "azstep"); r.exit != 0 {
		w.t.Fatalf("exit %d\n%s", r.exit, r.log())
	}
	w.job = ours
	foreign := w.APITokens()[0]
	w.kind.alive = func(s *emulator.Server) []string { return aliveTokens(s, foreign.Created) }
	w.forget()
	return foreign
}

// stillThere checks that a token has not changed.
func (w *world) stillThere(foreign emulator.APIToken) {
	w.t.Helper()
	if all := w.APITokens(); len(all) != 1 || all[0].State != "active" || !all[0].Expiry.Equal(foreign.Expiry) {
		w.t.Errorf("the other job's token: %+v of %+v", foreign, all)
	}
}

// aliveTokens returns the ids of the valid API tokens that were created after a
// moment.
func aliveTokens(s *emulator.Server, after time.Time) (ids []string) {
	for _, t := range s.APITokens() {
		if t.State == "active" && t.Created.After(after) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}
