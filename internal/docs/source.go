package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// output is an output that some code sets.
type output struct {
	name   string
	secret bool
}

// source is the functions and constants of one package. Outputs stand nowhere
// but in the code that sets them, so that is where they are read.
type source struct {
	functions map[string]*ast.FuncDecl // by "Type.name", or ".name"
	constants map[string]string        // the texts among them
}

func readSource(dir string) (*source, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &source{functions: map[string]*ast.FuncDecl{}, constants: map[string]string{}}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, 0)
		if err != nil {
			return nil, err
		}
		s.add(file)
	}
	return s, nil
}

func (s *source) add(file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			s.functions[receiver(d)+"."+d.Name.Name] = d
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok && len(v.Values) == 1 {
					s.constants[v.Names[0].Name] = literal(v.Values[0])
				}
			}
		}
	}
}

// words are the words of a constant.
func (s *source) words(constant string) []string { return strings.Fields(s.constants[constant]) }

// receiver is the name of a method's type, or "".
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, _ := t.(*ast.Ident)
	if name == nil {
		return ""
	}
	return name.Name
}

// literal is the value of a string literal, or "".
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // the parser has read it
	return text
}

// outputs are what a step's type sets: in its methods, and in all that these
// call within the package.
func (s *source) outputs(typeName string) []output {
	w := &walk{source: s, seen: map[string]bool{}}
	for key := range s.functions {
		if strings.HasPrefix(key, typeName+".") {
			w.visit(key)
		}
	}
	return w.found
}

// allOutputs are what any function of the package sets.
func (s *source) allOutputs() []output {
	w := &walk{source: s, seen: map[string]bool{}}
	for key := range s.functions {
		w.visit(key)
	}
	return w.found
}
