package pattern_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/pattern"

	"github.com/google/go-cmp/cmp"
)

func TestPattern(t *testing.T) {
	t.Parallel()
	p := pattern.New(`^a(b+)$`)
	if !p.MatchString("abb") || p.MatchString("a") {
		t.Error("what matches does not, or the other way round")
	}
	if diff := cmp.Diff([]string{"abb", "bb"}, p.FindStringSubmatch("abb")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := p.ReplaceAllString("abb", "<$1>"); got != "<bb>" {
		t.Errorf("%q", got)
	}
}

// TestEveryPatternCompiles does what regexp.MustCompile would do at every start, and
// checks that the program uses only patterns that are compiled on first use.
func TestEveryPatternCompiles(t *testing.T) {
	t.Parallel()
	found := 0
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || types.ExprString(call.Fun) != "pattern.New" {
				return true
			}
			found++
			value, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(call.Args[0]))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := regexp.Compile(constant.StringVal(value.Value)); err != nil {
				t.Error(err)
			}
			return true
		})
	}
	if found < 10 {
		t.Errorf("only %d patterns were found", found)
	}
}

// sources returns the files of the program.
func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		files = append(files, file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
