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

// source holds the declarations of some packages. The outputs are declared only by
// the code that sets them, so they are read from there.
type source struct {
	functions map[string]*ast.FuncDecl // by "Type.name", or ".name"
	embedded  map[string][]string      // embedded types by struct
	fields    map[string]string        // the types of fields, by "Type.name"
	constants map[string]string        // string constants by name
}

func readSource(dirs ...string) (*source, error) {
	s := &source{functions: map[string]*ast.FuncDecl{}, embedded: map[string][]string{}, fields: map[string]string{}, constants: map[string]string{}}
	for _, dir := range dirs {
		if err := s.read(dir); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *source) read(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, 0)
		if err != nil {
			return err
		}
		s.add(file)
	}
	return nil
}

func (s *source) add(file *ast.File) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			s.functions[receiver(d)+"."+d.Name.Name] = d
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				s.declare(spec)
			}
		}
	}
}

func (s *source) declare(spec ast.Spec) {
	switch d := spec.(type) {
	case *ast.ValueSpec:
		if len(d.Values) == 1 {
			s.constants[d.Names[0].Name] = literal(d.Values[0])
		}
	case *ast.TypeSpec:
		structure, ok := d.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, field := range structure.Fields.List {
			if name := typeName(field.Type); len(field.Names) == 0 && name != "" {
				s.embedded[d.Name.Name] = append(s.embedded[d.Name.Name], name)
			}
			for _, name := range field.Names {
				s.fields[d.Name.Name+"."+name.Name] = typeName(field.Type)
			}
		}
	}
}

// method returns the key of a type's method, its own or that of an embedded struct,
// or "".
func (s *source) method(typeName, name string) string {
	if key := typeName + "." + name; s.functions[key] != nil {
		return key
	}
	for _, inner := range s.embedded[typeName] {
		if key := s.method(inner, name); key != "" {
			return key
		}
	}
	return ""
}

// words returns the words in a constant.
func (s *source) words(constant string) []string { return strings.Fields(s.constants[constant]) }

// receiver returns the name of a method's type, or "".
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil {
		return ""
	}
	return typeName(d.Recv.List[0].Type)
}

// typeName returns the name of a type, or of the type that a pointer points to.
func typeName(t ast.Expr) string {
	switch t := t.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.IndexExpr: // a generic one
		return typeName(t.X)
	case *ast.SelectorExpr: // in another of the packages
		return t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// result returns the type of a function's first result, or "".
func result(f *ast.FuncDecl) string {
	if f == nil || f.Type.Results == nil {
		return ""
	}
	return typeName(f.Type.Results.List[0].Type)
}

// literal returns the value of a string literal, or "".
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	text, _ := strconv.Unquote(lit.Value) // it is valid, because the parser accepted it
	return text
}

// outputs returns the outputs that a step's type sets: in its methods, and in
// everything that these call within the package.
func (s *source) outputs(typeName string) []output {
	w := &walk{source: s, seen: map[string]bool{}}
	for key := range s.functions {
		if strings.HasPrefix(key, typeName+".") {
			w.visit(key)
		}
	}
	return w.found
}

// allOutputs returns the outputs that any function in the package sets.
func (s *source) allOutputs() []output {
	w := &walk{source: s, seen: map[string]bool{}}
	for key := range s.functions {
		w.visit(key)
	}
	return w.found
}
