package advice

import (
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// limit is a suggestion that cannot be followed in some situations. It is recognized
// by a phrase that every hint about it contains. instead is the hint to give there;
// "" means none.
type limit struct {
	phrase  string
	when    func(Situation) bool
	instead string
}

func (s Situation) noShell() bool    { return s.Place == Action || s.Place == Task }
func (s Situation) inTask() bool     { return s.Place == Task }
func (s Situation) inPost() bool     { return s.Post }
func (s Situation) notPAT() bool     { return s.Credential != PAT && s.Credential != Unknown }
func (s Situation) hasNoScope() bool { return s.Credential == Application || s.Credential == JobToken }

// limits are checked from top to bottom; the first that applies decides.
func limits() []limit {
	return []limit{
		{"a PAT needs the scope", Situation.notPAT, ""},
		{"a PAT or delegated token also needs the scope", Situation.hasNoScope, ""},
		{"the credential needs the scope", Situation.hasNoScope, "the identity that the step signs in as must have the permission in the project: Project settings > Permissions"},
		{"`azstep help`", Situation.noShell, "see " + fault.Pages + "reference.md for the inputs of each operation"},
		{"`azstep help OPERATION`", Situation.noShell, "see " + fault.Pages + "reference.md for the inputs of each operation"},
		{"run `azstep post`", Situation.noShell, ""},
		{"step `run: azstep post`", Situation.noShell, ""},
		{"step `script: azstep post`", Situation.noShell, ""},
		{"SYSTEM_ACCESSTOKEN: $(System.AccessToken)", Situation.inTask, "the task signs in with the job's token, which expires when the job ends; to sign in differently, name a service connection in `azureSubscription`"},
		{"must refer to the connection by name", Situation.inTask, "name the connection in `azureSubscription` or `azureDevOpsConnection`, and permit the pipeline to use it"},
		{"timeout", Situation.inPost, ""},
		{"lifetime", Situation.inPost, ""},
	}
}

// Fit returns the hint in a form that can be followed in this situation, or "" if
// there is none.
func (s Situation) Fit(hint string) string {
	for _, l := range limits() {
		if strings.Contains(hint, l.phrase) && l.when(s) {
			return l.instead
		}
	}
	return hint
}
