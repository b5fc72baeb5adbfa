package auth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// Choose decides which credential the run uses. It sends nothing. Its errors are
// [fault.Error] with one of the codes missing-credential, wrong-credential-kind,
// app-only-credential, wrong-audience, credential-expired and invalid-input.
func Choose(in Inputs, need Need, e Environment, now time.Time) (*Credential, error) {
	if need.Scope != "" && !scopeForm.MatchString(need.Scope) {
		return nil, input.Wrong("resource", need.Scope, "azure-devops, iot-central, or one v2 scope such as https://example.com/.default")
	}
	c := &chooser{in: in, need: need, env: e, now: now}
	w, warnings, err := c.pick()
	if err != nil {
		return nil, err
	}
	if need.UserOnly && w.appOnly {
		return nil, appOnly(w.name)
	}
	chosen, err := w.build(c)
	if err != nil {
		return nil, err
	}
	chosen.Warnings = append(warnings, chosen.Warnings...)
	return chosen, nil
}

func (c *chooser) pick() (way, []string, error) {
	if c.in.Auth == "" || c.in.Auth == wayAuto {
		return c.first()
	}
	return c.named()
}

// first implements auto: it returns the first way whose inputs are complete. It
// reports a way that the user meant and left incomplete, instead of skipping it
// silently.
func (c *chooser) first() (way, []string, error) {
	var warnings []string
	if c.need.TokenOnly && c.in.Credential != "" {
		warnings = append(warnings, "the input credential is not used: this operation gets its own token from Entra")
	}
	var passed []way
	for _, w := range ways() {
		if w.auto == nil || !w.auto(c) {
			continue
		}
		needs := w.needs(c)
		if complete(needs) {
			return w, append(warnings, c.unused(passed, needs)...), nil
		}
		if needs[0].value != "" && (!c.need.UserOnly || !w.appOnly) {
			passed = append(passed, w)
		}
	}
	return way{}, nil, c.nothingComplete()
}

// unused warns about the first need of each way that was passed over, unless the
// chosen way uses it: taken are that way's needs.
func (c *chooser) unused(passed []way, taken []requirement) (warnings []string) {
	for _, w := range passed {
		needs := w.needs(c)
		if !slices.ContainsFunc(taken, func(r requirement) bool { return r.name == needs[0].name }) {
			warnings = append(warnings, fmt.Sprintf("%s is set but not used: %s also needs %s", needs[0].name, w.name, names(missing(needs))))
		}
	}
	return warnings
}

// named returns the way that the input auth names.
func (c *chooser) named() (way, []string, error) {
	all := ways()
	i := slices.IndexFunc(all, func(w way) bool { return w.listed > 0 && w.name == c.in.Auth })
	if i < 0 {
		return way{}, nil, input.Wrong("auth", c.in.Auth, "one of "+strings.Join(authValues(), ", "))
	}
	w := all[i]
	switch {
	case w.name == wayCredential && c.need.TokenOnly:
		return way{}, nil, fault.Input("auth", "name another way ("+strings.Join(asserting(), ", ")+", …) or leave auth out",
			"auth: credential cannot be used here: this operation gets its own token from Entra")
	case c.need.UserOnly && w.appOnly, complete(w.needs(c)):
		return w, nil, nil
	}
	return way{}, nil, c.incomplete(w)
}

// fetched builds what all credentials that fetch a token have in common.
func (c *chooser) fetched(name, whose string, s source) *Credential {
	chosen := c.chosen(name, whose, EntraToken)
	chosen.source = s
	return chosen
}

func (c *chooser) chosen(name, whose string, k Kind) *Credential {
	return &Credential{
		Way: name, Kind: k, Why: name + " (" + c.because() + ") " + whose,
		identity: c.identity(name), userOnly: c.need.UserOnly,
		turn: make(chan struct{}, 1),
	}
}

func (c *chooser) because() string {
	if c.in.Auth == "" || c.in.Auth == wayAuto {
		return "auto: the first with all its inputs"
	}
	return "named by auth"
}

// identity identifies the credential. The two tokens from the environment have no
// name among the values of auth.
func (c *chooser) identity(name string) Identity {
	if !slices.Contains(authValues(), name) {
		name = wayAuto
	}
	return Identity{
		Auth: name, TenantID: c.in.TenantID, ClientID: c.in.ClientID,
		ServiceConnectionID: c.in.ServiceConnectionID, AuthorityHost: c.in.authority().String(), Audience: c.in.Audience,
	}
}

// names lists what is missing. Inputs, unlike variables, get the reader's spelling.
func names(needs []requirement) string {
	var all []string
	for _, n := range needs {
		name := n.name
		if name == strings.ToLower(name) {
			name = "`" + name + "`"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}
