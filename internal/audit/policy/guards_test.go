package policy

import (
	"strings"
	"testing"
)

func TestCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{
		{"refs/heads/main", "refs/heads/main", true},
		{"refs/heads/main", "refs/heads/Main", false}, // refs are case-sensitive
		{"refs/heads/*", "refs/heads/main", true},
		{"refs/heads/*", "refs/heads/*", true},
		{"refs/heads/*", "refs/*", false},
		{"refs/heads/release/*", "refs/heads/release/1/*", true},
		{"refs/heads/release/*", "refs/heads/release", false},
		{"refs/heads/main", "refs/heads/mai*", false},
		{"refs/heads/?", "refs/heads/x", false}, // the check supports no other wildcard
		{"*", "refs/heads/main", true},
		{"*a*b*", "xaxb*", true},
		{"*a", "a*", false},
		{"", "", true},
		{"", "*", false},
	} {
		if got := covers(c.wide, c.narrow); got != c.want {
			t.Errorf("covers(%q, %q) = %v", c.wide, c.narrow, got)
		}
	}
}

// FuzzCovers checks that a glob that covers another one matches everything that the
// other matches.
func FuzzCovers(f *testing.F) {
	f.Add("a*b", "aXb", "YZ")
	f.Fuzz(func(t *testing.T, wide, narrow, filling string) {
		filling = strings.ReplaceAll(filling, "*", "")
		if one := strings.ReplaceAll(narrow, "*", filling); covers(wide, narrow) && !covers(wide, one) {
			t.Errorf("%q covers %q, and not %q", wide, narrow, one)
		}
	})
}

func TestGuards(t *testing.T) {
	t.Parallel()
	approvals := func(all ...Approval) Checks { return Checks{Approvals: all} }
	branches := func(all ...BranchControl) Checks { return Checks{Branches: all} }
	allowed := func(all ...string) BranchControl { return BranchControl{all} }
	main := &Rule{OpenAccess: Allowed, Branches: []string{"refs/heads/main", "refs/heads/release/*"}}
	for name, c := range map[string]struct {
		rule  *Rule
		found Resource
		want  string // part of the only violation, or "" for none
		note  bool
	}{
		"no approval":          {&Rule{OpenAccess: Allowed, Approvals: &Approvals{1, true}}, Resource{}, "no approval check", false},
		"an approval":          {&Rule{OpenAccess: Allowed, Approvals: &Approvals{1, true}}, Resource{Checks: approvals(Approval{1, true})}, "", false},
		"nobody approves":      {&Rule{OpenAccess: Allowed, Approvals: &Approvals{1, true}}, Resource{Checks: approvals(Approval{0, true})}, "0 of the 1", false},
		"two approve":          {&Rule{OpenAccess: Allowed, Approvals: &Approvals{2, true}}, Resource{Checks: approvals(Approval{1, false}, Approval{2, true})}, "", false},
		"too few":              {&Rule{OpenAccess: Allowed, Approvals: &Approvals{3, true}}, Resource{Checks: approvals(Approval{1, false}, Approval{2, true})}, "2 of the 3", false},
		"requester":            {&Rule{OpenAccess: Allowed, Approvals: &Approvals{1, false}}, Resource{Checks: approvals(Approval{2, true})}, "the person who started", false},
		"another's":            {&Rule{OpenAccess: Allowed, Approvals: &Approvals{1, false}}, Resource{Checks: approvals(Approval{2, true}, Approval{1, false})}, "", false},
		"no branch control":    {main, Resource{}, "no branch control", false},
		"narrow":               {main, Resource{Checks: branches(allowed("refs/heads/main"))}, "", false},
		"short":                {main, Resource{Checks: branches(allowed("main"))}, "", false},
		"both":                 {main, Resource{Checks: branches(allowed("refs/heads/release/1", "refs/heads/main"))}, "", false},
		"one too many":         {main, Resource{Checks: branches(allowed("refs/heads/main", "refs/heads/dev"))}, "more than", false},
		"a narrow one beside":  {main, Resource{Checks: branches(allowed("*"), allowed("refs/heads/main"))}, "", false},
		"every branch":         {main, Resource{Checks: branches(allowed("*"))}, "every branch", false},
		"every ref":            {main, Resource{Checks: branches(allowed("refs/*"))}, "every branch", false},
		"empty":                {main, Resource{Checks: branches(allowed())}, "every branch", false},
		"any branch will do":   {&Rule{OpenAccess: Allowed, Branches: []string{"*"}}, Resource{Checks: branches(allowed("refs/heads/dev"))}, "", false},
		"but not all of them":  {&Rule{OpenAccess: Allowed, Branches: []string{"*"}}, Resource{Checks: branches(allowed("*"))}, "every branch", false},
		"federated":            {&Rule{OpenAccess: Allowed, Federated: true}, Resource{Scheme: "WorkloadIdentityFederation", Issuer: "https://login.microsoftonline.com/x/v2.0"}, "", false},
		"managed identity":     {&Rule{OpenAccess: Allowed, Federated: true}, Resource{Scheme: "managedserviceidentity"}, "", false},
		"a secret":             {&Rule{OpenAccess: Allowed, Federated: true}, Resource{Scheme: "ServicePrincipal"}, "stored secret (scheme ServicePrincipal)", false},
		"not known":            {&Rule{OpenAccess: Allowed, Federated: true}, Resource{}, "unknown", false},
		"an issuer that ends":  {&Rule{OpenAccess: Allowed, Federated: true}, Resource{Scheme: "WorkloadIdentityFederation", Issuer: "https://vstoken.dev.azure.com/1"}, "2027-07-01", true},
		"nothing is asked for": {&Rule{OpenAccess: Allowed}, Resource{Scheme: "Token"}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.rule.Judge(c.found, nil)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0].Text, c.want) || got[0].Note != c.note) {
				t.Errorf("%+v", got)
			}
		})
	}
}
