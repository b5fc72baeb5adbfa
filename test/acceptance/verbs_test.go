package acceptance

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the table of verbs into testdata/script/README.md")

// These two lines of the README enclose the table of verbs.
const (
	verbsBegin = "<!-- verbs: made by go test ./test/acceptance -run TestVerbs -update -->\n"
	verbsEnd   = "<!-- end of verbs -->\n"
)

// TestVerbs compares the README's table of verbs with the commands of scripts and
// with the comments of the methods that implement them.
func TestVerbs(t *testing.T) {
	t.Parallel()
	path := filepath.Join(root, "testdata", "script", "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), verbsBegin)
	_, after, ended := strings.Cut(rest, verbsEnd)
	if !found || !ended {
		t.Fatalf("%s lacks the lines around the table of verbs", path)
	}
	want := before + verbsBegin + verbTable(t) + verbsEnd + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), want); diff != "" {
		t.Errorf("run go test ./test/acceptance -run TestVerbs -update\n%s", diff)
	}
}

func verbTable(t *testing.T) string {
	methods, verbs := readVerbs(t)
	if len(verbs) < 30 {
		t.Fatalf("only %d verbs found", len(verbs))
	}
	rows := []string{"| verb | what it does |\n", "|---|---|\n"}
	for _, verb := range verbs {
		about := methods[verb.method]
		if about == "" {
			t.Errorf("the verb %s has no comment at (*world).%s", verb.name, verb.method)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s |\n", verb.name, strings.ReplaceAll(about, "|", `\|`)))
	}
	return strings.Join(slices.Compact(rows), "") // several sets of scripts have the same verb
}

// verb is a command of scripts and the method of world that implements it.
type verb struct{ name, method string }

// readVerbs parses this package and returns the comments of world's methods by name,
// and the verbs in order.
func readVerbs(t *testing.T) (methods map[string]string, verbs []verb) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	methods = make(map[string]string)
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil {
					methods[n.Name.Name] = strings.Join(strings.Fields(n.Doc.Text()), " ")
				}
			case *ast.KeyValueExpr:
				if v, ok := verbOf(n); ok {
					verbs = append(verbs, v)
				}
			}
			return true
		})
	}
	slices.SortFunc(verbs, func(a, b verb) int { return strings.Compare(a.name, b.name) })
	return methods, verbs
}

// verbOf recognizes "name": scripted((*world).method).
func verbOf(pair *ast.KeyValueExpr) (verb, bool) {
	key, ok := pair.Key.(*ast.BasicLit)
	call, called := pair.Value.(*ast.CallExpr)
	if !ok || !called || len(call.Args) != 1 {
		return verb{}, false
	}
	if made, ok := call.Fun.(*ast.Ident); !ok || made.Name != "scripted" {
		return verb{}, false
	}
	method, ok := call.Args[0].(*ast.SelectorExpr)
	if !ok {
		return verb{}, false
	}
	name, err := strconv.Unquote(key.Value)
	return verb{name, method.Sel.Name}, err == nil
}
