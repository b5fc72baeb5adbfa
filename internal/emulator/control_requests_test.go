package emulator_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/google/go-cmp/cmp"
)

// What ended is forgotten after a while, and still counted; what lives is not
// forgotten.
func TestCountsOfWhatIsForgotten(t *testing.T) {
	t.Parallel()
	const ended = 300
	w := start(t, emulator.Options{})
	user, group := w.bearer(emulator.TokenOptions{}), w.iot()
	first := w.mint("lives")
	w.put("lives", group, operator)
	for i := range ended {
		pat := w.mint("ends")
		w.send(http.MethodDelete, patsPath+"&authorizationId="+pat.PATToken.AuthorizationID, user, nil)
		id := "ends" + strconv.Itoa(i)
		w.put(id, group, operator)
		w.send(http.MethodDelete, "/api/apiTokens/"+id+iotVersion, group, nil)
	}
	var got emulator.Counts
	w.send(http.MethodGet, "/_emulator/state/counts", "", nil).json(t, &got)
	all := emulator.Count{Made: ended + 1, Ended: ended}
	if diff := cmp.Diff(emulator.Counts{PATs: all, APITokens: all}, got); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	pats, tokens := w.PATs(), w.APITokens()
	if len(pats) > ended || len(tokens) > ended {
		t.Errorf("%d PATs and %d API tokens are remembered", len(pats), len(tokens))
	}
	if pats[0].AuthorizationID != first.PATToken.AuthorizationID || pats[0].State != "active" || tokens[0].ID != "lives" || tokens[0].State != "active" {
		t.Errorf("what lives: %+v, %+v", pats[0], tokens[0])
	}
	if w.put("ends0", group, operator); w.Counts().APITokens.Made != ended+2 {
		t.Error("the id of a token that is forgotten cannot be used again")
	}
}
