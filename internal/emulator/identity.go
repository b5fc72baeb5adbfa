package emulator

import (
	"slices"
	"strings"
)

// kinds is a set of kinds of credentials.
type kinds uint

const (
	byNobody  kinds = 1 << iota // no credential, or none that is known
	byUser                      // an Entra token of a user
	byApp                       // an Entra token of a service principal or managed identity
	byJob                       // the job token of Azure Pipelines
	byPAT                       // a personal access token
	bySAS                       // a SharedAccessSignature of IoT Central
	byAnybody = byUser | byApp | byJob | byPAT
)

// kind names a credential in the request log.
type kind string

const (
	kindNone    kind = "none"
	kindUser    kind = "user"
	kindApp     kind = "app"
	kindJob     kind = "job token"
	kindPAT     kind = "pat"
	kindSAS     kind = "sas"
	kindUnknown kind = "unknown"
)

// identity is who calls, as far as the credential says.
type identity struct {
	kinds  kinds // exactly one of them
	id     string
	name   string
	tenant string
	scopes []string // scp of a user's token, scope of a PAT
	pat    *pat     // for a PAT
	claims claims   // for a JWT
}

// may tells whether the identity's token was issued for one of the scopes or
// for something that includes one. Application and job tokens carry none: what
// they may do is decided by membership.
func (st *state) may(who identity, scopes []string) bool {
	if len(scopes) == 0 || who.kinds&(byApp|byJob) != 0 {
		return true
	}
	full := "user_impersonation"
	if who.kinds == byPAT {
		full = "app_token"
	}
	for _, held := range who.scopes {
		if held == full || st.scopes.covers(held, scopes) {
			return true
		}
	}
	return false
}

// scopeTable says which narrower scope a scope includes, "" for none.
type scopeTable struct {
	includes map[string]string
	forPATs  map[string]bool // scopes that a PAT may have
}

func parseScopes(text string) scopeTable {
	t := scopeTable{includes: map[string]string{}, forPATs: map[string]bool{}}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		name, delegatedOnly := strings.CutPrefix(fields[0], "!")
		t.includes[name] = strings.Join(fields[1:], " ")
		t.forPATs[name] = !delegatedOnly
	}
	return t
}

// covers walks from a scope down to what it includes.
func (t scopeTable) covers(held string, wanted []string) bool {
	for held != "" {
		if slices.Contains(wanted, held) {
			return true
		}
		held = t.includes[held]
	}
	return false
}
