package advice

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
)

func TestHintsForMessageNumbersSayWhoMustAct(t *testing.T) {
	t.Parallel()
	const anonymousSays = "TF400813: The user 'aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa' is not authorized to access this resource."
	for _, c := range []struct {
		code       fault.Code
		text       string
		credential Credential
		want       string
	}{
		{fault.CredentialRejected, "create team: HTTP 401: TF401444: Please sign-in at least once as …\\0fab", Application, "add the service principal"},
		{fault.CredentialRejected, "create team: HTTP 401: TF401444: Please sign-in at least once", User, "once in a browser"},
		{fault.PermissionDenied, "HTTP 403: VS403463: The conditional access policy has failed.", User, "an Entra administrator must change the conditional access policy"},
		{fault.CredentialRejected, anonymousSays, User, "did not recognize the credential"},
		{fault.CredentialRejected, anonymousSays, PAT, "check that the PAT belongs to this organization"},
		{fault.CredentialRejected, "TF400813: The user '' is not authorized", JobToken, "the build service"},
		{fault.CredentialRejected, "TF400813: The user 'x' is not authorized", Application, "add the service principal or managed identity"},
		{fault.PermissionDenied, "TF50309: The following account does not have sufficient permissions", User, "Project settings > Permissions"},
		{fault.ProjectNotFound, "TF200016: The following project does not exist: Foo.", PAT, "Project settings > Overview"},
		{fault.RateLimited, "TF400733: The request has been canceled", PAT, "fewer steps at the same time"},
		{fault.ServiceUnavailable, "TF400898: An Internal Error Occurred.", PAT, "status.dev.azure.com"},
	} {
		got := Situation{Credential: c.credential}.Hints(fault.New(c.code, "%s", c.text))
		if len(got) == 0 || !strings.Contains(strings.Join(got, "\n"), c.want) {
			t.Errorf("%s with credential %d: %q, want %q", c.text, c.credential, got, c.want)
		}
	}
}

// A hint of the error itself is more specific than a message number, and stays.
func TestHintsOfTheErrorItselfStay(t *testing.T) {
	t.Parallel()
	f := fault.New(fault.PermissionDenied, "TF50309: no").With("check the team")
	got := Situation{Credential: User}.Hints(f)
	if len(got) != 2 || got[1] != "check the team" {
		t.Errorf("hints: %q", got)
	}
	if got := (Situation{}).Hints(fault.New("pat-unheard-of", "no")); len(got) != 1 || !strings.Contains(got[0], "errors.md#pat-unheard-of") {
		t.Errorf("hints of an unknown code: %q", got)
	}
}

// impossible lists what a user cannot do in a place, or with a credential.
var impossible = []struct {
	what *regexp.Regexp
	when func(Situation) bool
}{
	{regexp.MustCompile("`azstep (help|post|exec)\\b"), func(s Situation) bool { return s.Place == Action || s.Place == Task }},
	{regexp.MustCompile(`SYSTEM_ACCESSTOKEN: \$\(`), func(s Situation) bool { return s.Place == Task }},
	{regexp.MustCompile(`a PAT needs`), func(s Situation) bool {
		return s.Credential == User || s.Credential == Application || s.Credential == JobToken
	}},
	{regexp.MustCompile(`needs the scope`), func(s Situation) bool { return s.Credential == Application || s.Credential == JobToken }},
	{regexp.MustCompile(`(raise|increase) the input timeout`), func(s Situation) bool { return s.Post }},
	{regexp.MustCompile(`(^|[ (])(README|docs/)`), func(Situation) bool { return true }},
}

// TestNoHintNamesWhatCannotBeDone checks every text in the program that may be a
// hint, in every situation.
func TestNoHintNamesWhatCannotBeDone(t *testing.T) {
	t.Parallel()
	hints := texts(t)
	if len(hints) < 300 {
		t.Fatalf("only %d texts found", len(hints))
	}
	for _, s := range situations() {
		for hint, where := range hints {
			fit := s.Fit(hint)
			for _, bad := range impossible {
				if bad.when(s) && bad.what.MatchString(fit) {
					t.Errorf("%s: in %+v nobody can follow %q", where, s, fit)
				}
			}
		}
	}
}

func situations() (all []Situation) {
	for _, place := range []Place{Laptop, Step, Action, Task} {
		for _, credential := range []Credential{Unknown, PAT, User, Application, JobToken, SAS} {
			for _, post := range []bool{false, true} {
				all = append(all, Situation{Place: place, Credential: credential, Post: post})
			}
		}
	}
	return all
}

// texts returns the arguments of calls that make hints, in the packages that make
// errors: With, Input, Wrong, and everything in a slice of texts or a table.
func texts(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, room := range []string{"advice", "audit", "auth", "child", "client", "fault", "host", "input", "lease", "steps", "transport"} {
		err := filepath.WalkDir(filepath.Join("..", room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "detect.go" { // where no host is known, nothing is narrower than a shell
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, err := strconv.Unquote(literal.Value); err == nil && strings.Count(text, " ") >= 3 {
						found[text] = path
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}
