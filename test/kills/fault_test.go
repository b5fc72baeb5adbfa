//go:build unix

package kills

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

// brokenAnswers lists responses to a mint that do not say what really happened, and faults
// without a response. Plain refusals such as a 400 are not included: a service that
// refuses has done nothing.
func brokenAnswers() map[string]emulator.Fault {
	header := func(pairs ...string) map[string]string { return map[string]string{pairs[0]: pairs[1]} }
	return map[string]emulator.Fault{
		"closes before":      {Kind: emulator.DropBefore},
		"closes after":       {Kind: emulator.DropAfter},
		"cuts the answer":    {Kind: emulator.Cut},
		"hangs":              {Kind: emulator.Hang},
		"hangs after":        {Kind: emulator.Hang, Effect: true},
		"answers too late":   {Kind: emulator.Slow, DelayAfter: time.Second},
		"begins too late":    {Kind: emulator.Slow, Delay: 900 * time.Millisecond},
		"500":                {Kind: emulator.Status, Status: 500},
		"500 after":          {Kind: emulator.Status, Status: 500, Effect: true},
		"502 after, a page":  {Kind: emulator.Status, Status: 502, Effect: true, Body: "<html>Bad gateway</html>", Header: header("Content-Type", "text/html")},
		"503 after, a wait":  {Kind: emulator.Status, Status: 503, Effect: true, Header: header("Retry-After", "0")},
		"503, a long wait":   {Kind: emulator.Status, Status: 503, Effect: true, Header: header("Retry-After", "600")},
		"504 after":          {Kind: emulator.Status, Status: 504, Effect: true},
		"408 after":          {Kind: emulator.Status, Status: 408, Effect: true},
		"429":                {Kind: emulator.Status, Status: 429, Header: header("Retry-After", "0")},
		"garbage":            {Kind: emulator.Garbage},
		"garbage after":      {Kind: emulator.Garbage, Effect: true},
		"no JSON after":      {Kind: emulator.Status, Status: 200, Effect: true, Body: "done"},
		"no token after":     {Kind: emulator.Status, Status: 200, Effect: true, Body: `{"patToken":null,"patTokenError":"none"}`},
		"nothing after":      {Kind: emulator.Status, Status: 204, Effect: true},
		"endless after":      {Kind: emulator.Endless, Effect: true},
		"a gzip bomb after":  {Kind: emulator.GzipBomb, Effect: true},
		"giant headers":      {Kind: emulator.GiantHeaders},
		"drips":              {Kind: emulator.Drip, Interval: time.Second},
		"redirects":          {Kind: emulator.Redirect},
		"a sign-in page":     {Kind: emulator.HTML200},
		"a sign-in page 203": {Kind: emulator.SignIn203},
		"refuses":            {Kind: emulator.Status, Status: 403, Body: `{"error":{"code":"Forbidden","message":"no"}}`},
	}
}

// TestBrokenAnswers breaks the mint's response in every way: once, so that a second
// attempt is possible; every time; and with no request working until post.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	scopes := map[string]emulator.Fault{"once": {Times: 1}, "each time": {Times: -1}, "and all that follow": {Times: -1}}
	turn := 0
	for name, fault := range brokenAnswers() {
		for how, scope := range scopes {
			for kindName, k := range map[string]kind{"PAT": pats(), "API token": iotTokens()} {
				p := places()[turn%len(places())] // any place will do, because the hosts make no difference
				turn++
				t.Run(kindName+": "+name+" "+how+", "+p.String(), func(t *testing.T) {
					t.Parallel()
					broken := fault
					broken.Path, broken.Times = k.path, scope.Times
					if how != "and all that follow" {
						broken.Method = k.method
					}
					newWorld(t, k, p).suffer(broken)
				})
			}
		}
	}
}

func (w *world) suffer(f emulator.Fault) {
	w.t.Helper()
	w.lane = patient
	w.fault(f)
	w.inputs["timeout"], w.inputs["max-attempts"] = timeoutFor(f), "2"
	minted := w.mint(signal{})
	w.settle()
	if !w.late() {
		w.checkPromise(minted)
	}
	w.cleanUp(minted, plan{})
	if w.t.Failed() {
		w.t.Logf("the mint, exit %d after %s:\n%s\nrequests:\n%s", minted.exit, minted.took, minted.log(), w.requests())
	}
}

// timeoutFor returns a short timeout for services that take too long. With any other
// fault the timeout must not pass, however slow this machine is: a service that says
// that it revoked what it creates only later keeps a credential that nobody can find.
func timeoutFor(f emulator.Fault) string {
	switch f.Kind {
	case emulator.Hang, emulator.Slow, emulator.Drip:
		return "700ms"
	}
	return "2m"
}

// late reports whether a service created the credential after azstep had looked for it,
// when the timeout was over. Only post can find such a credential: azstep waits no longer.
func (w *world) late() bool {
	looked := time.Time{}
	for _, r := range w.Requests()[w.before:] {
		if r.Method == http.MethodGet {
			looked = r.Time
		}
	}
	return !looked.IsZero() && w.kind.newest(w.Server).After(looked)
}

// checkPromise checks a mint that was not killed: a valid credential was delivered,
// or no credential is valid, or the error says that one may be.
func (w *world) checkPromise(r run) {
	w.t.Helper()
	alive := w.alive()
	switch {
	case r.exit == 0 && !slices.Equal(alive, []string{w.delivered(r)}):
		w.t.Errorf("exit 0 with %q delivered and %q valid", w.delivered(r), alive)
	case r.exit == 0:
	case r.exit != 1 || len(r.Problems) > 0:
		w.t.Errorf("exit %d, problems %q", r.exit, r.Problems)
	case len(alive) > 0 && (r.Outputs["error"] != "revoke-failed" || !strings.Contains(r.log(), "may still be valid")):
		w.t.Errorf("%q valid, but the error is %q", alive, r.Outputs["error"])
	}
}
