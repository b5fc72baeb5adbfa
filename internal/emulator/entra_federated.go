package emulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// federated is a federated identity credential: whose assertions are believed.
// A flexible one has an expression in the place of a subject
// (learn.microsoft.com, "Flexible federated identity credentials").
type federated struct {
	Issuer, Subject, Audience string
	Matching                  string // claims['sub'] matches 'repo:fabrikam/*'
}

// admitsSubject says whether the assertion is of the subject, or of one of the
// subjects, that the credential is for.
func (f federated) admitsSubject(stated claims) bool {
	if f.Matching == "" {
		return f.Subject == stated.text("sub")
	}
	for clause := range strings.SplitSeq(f.Matching, " and ") {
		if !admits(clause, stated) {
			return false
		}
	}
	return true
}

var clauseForm = regexp.MustCompile(`^claims\['([a-z_]+)'\] (matches|eq) '([^']*)'$`)

// admits evaluates one comparison; in a pattern * stands for any text and ? for
// one character.
func admits(clause string, stated claims) bool {
	parts := clauseForm.FindStringSubmatch(strings.TrimSpace(clause))
	if parts == nil {
		return false
	}
	value := stated.text(parts[1])
	if parts[2] == "eq" {
		return value == parts[3]
	}
	pattern := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(parts[3]))
	ok, _ := regexp.MatchString("^(?:"+pattern+")$", value) // what is quoted always compiles
	return ok
}

// admitsAudience compares the audience, of which Entra's own assertions name the
// application id.
func (f federated) admitsAudience(stated claims) bool {
	aud := stated.text("aud")
	return f.Audience == aud || f.Audience == entraAudience && aud == entraAudienceID
}

// checkFederated finds expressions that would match nothing.
func (a *application) checkFederated() error {
	for _, f := range a.Federated {
		if f.Matching == "" {
			continue
		}
		if f.Subject != "" {
			return fmt.Errorf("seed: application %q has a federated credential with both subject and matching", a.Name)
		}
		for clause := range strings.SplitSeq(f.Matching, " and ") {
			if !clauseForm.MatchString(strings.TrimSpace(clause)) {
				return fmt.Errorf("seed: application %q: %q is not an expression", a.Name, clause)
			}
		}
	}
	return nil
}

// matchFederated narrows the credentials down, one claim after the other: the
// first that leaves none is what the refusal names.
func matchFederated(all []federated, stated claims) *aadsts {
	if len(all) == 0 {
		return ref(noFederated(stated))
	}
	steps := []struct {
		code        int
		claim, name string
		admits      func(federated) bool
	}{
		{700211, "iss", "issuer", func(f federated) bool { return f.Issuer == stated.text("iss") }},
		{700213, "sub", "subject", func(f federated) bool { return f.admitsSubject(stated) }},
		{700212, "aud", "audience", func(f federated) bool { return f.admitsAudience(stated) }},
	}
	left := slices.Clone(all)
	for _, step := range steps {
		value := stated.text(step.claim)
		sameButCase := step.claim == "sub" && slices.ContainsFunc(left, func(f federated) bool { return strings.EqualFold(f.Subject, value) })
		left = slices.DeleteFunc(left, func(f federated) bool { return !step.admits(f) })
		if len(left) == 0 {
			return ref(unmatched(step.code, step.name, value, sameButCase))
		}
	}
	return nil
}
