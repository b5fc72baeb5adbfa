//go:build unix

package acceptance

import (
	"maps"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestAttacks runs testdata/script/attacks: what once let a secret out, or left one
// alive. Each script plays one attack, and its first failure is that the attack worked.
func TestAttacks(t *testing.T) {
	testscript.RunT(folded{t}, everyVerb(root+"/testdata/script/attacks"))
}

// TestReported runs testdata/script/reported: small inputs that people reported, with
// which azstep did something wrong or did not say what to do.
func TestReported(t *testing.T) {
	testscript.RunT(folded{t}, everyVerb(root+"/testdata/script/reported"))
}

// everyVerb are scripts with the verbs of all others.
func everyVerb(dir string) testscript.Params {
	p := identityParams(dir, hostLocal)
	maps.Copy(p.Cmds, auditParams(dir, hostLocal).Cmds)
	return p
}
