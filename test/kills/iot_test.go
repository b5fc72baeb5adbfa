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

// taken is a token id that somebody may have used before.
const taken = "deploy"

// TestAPITokenKilledAtAnyInstant does to API tokens what is done to PATs, with
// ids that azstep makes up, ids of the user's own, and ids that somebody else's
// token has, which must stay or be replaced.
func TestAPITokenKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	usual := usually(t)
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

// somebodyElse mints a token of that id in another job. From now on, only what
// is made after it counts as alive.
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

// stillThere checks that a token is what it was.
func (w *world) stillThere(foreign emulator.APIToken) {
	w.t.Helper()
	if all := w.APITokens(); len(all) != 1 || all[0].State != "active" || !all[0].Expiry.Equal(foreign.Expiry) {
		w.t.Errorf("somebody else's token: %+v of %+v", foreign, all)
	}
}

// aliveTokens are the ids of the API tokens made after an instant that work.
func aliveTokens(s *emulator.Server, after time.Time) (ids []string) {
	for _, t := range s.APITokens() {
		if t.State == "active" && t.Created.After(after) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}
