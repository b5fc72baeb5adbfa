package main

import (
	"go/ast"
	"strings"
)

// walk follows calls from function to function and notes the outputs on its
// way. It goes by names: a method of the function's own type, a function of the
// package, or any method of that name which belongs to no step.
type walk struct {
	source *source
	seen   map[string]bool
	found  []output
}

func (w *walk) visit(key string) {
	f, ok := w.source.functions[key]
	if !ok || w.seen[key] {
		return
	}
	w.seen[key] = true
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			w.note(n)
		case *ast.CallExpr:
			w.follow(f, n.Fun)
		}
		return true
	})
}

// follow visits what is called.
func (w *walk) follow(from *ast.FuncDecl, called ast.Expr) {
	switch c := called.(type) {
	case *ast.Ident:
		w.visit("." + c.Name)
	case *ast.SelectorExpr:
		if own := receiver(from) + "." + c.Sel.Name; isReceiver(from, c.X) && w.source.functions[own] != nil {
			w.visit(own)
			return
		}
		for key := range w.source.functions {
			owner, name, _ := strings.Cut(key, ".")
			if name == c.Sel.Name && owner != "" && !w.isStep(owner) {
				w.visit(key)
			}
		}
	}
}

// isStep says whether a type is an operation's, by the method all of them have.
func (w *walk) isStep(typeName string) bool {
	return w.source.functions[typeName+".Run"] != nil
}

func isReceiver(f *ast.FuncDecl, x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && f.Recv != nil && len(f.Recv.List[0].Names) == 1 && f.Recv.List[0].Names[0].Name == name.Name
}

// note takes the outputs of a list: host.Output{Name: …} by itself, or the
// elements of []host.Output.
func (w *walk) note(lit *ast.CompositeLit) {
	if isOutput(lit.Type) {
		w.take(lit)
		return
	}
	array, ok := lit.Type.(*ast.ArrayType)
	if !ok || !isOutput(array.Elt) {
		return
	}
	for _, element := range lit.Elts {
		if one, ok := element.(*ast.CompositeLit); ok && one.Type == nil {
			w.take(one)
		}
	}
}

func isOutput(t ast.Expr) bool {
	s, ok := t.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Output" {
		return false
	}
	pkg, ok := s.X.(*ast.Ident)
	return ok && pkg.Name == "host"
}

func (w *walk) take(lit *ast.CompositeLit) {
	var o output
	for _, element := range lit.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key, _ := pair.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Name":
			o.name = literal(pair.Value)
		case key.Name == "Secret":
			value, _ := pair.Value.(*ast.Ident)
			o.secret = value != nil && value.Name == "true"
		}
	}
	if o.name != "" && !has(w.found, o.name) {
		w.found = append(w.found, o)
	}
}
