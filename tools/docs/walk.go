package main

import "go/ast"

// walk follows calls from function to function and collects the outputs. It knows
// the types of a function's receiver, its parameters, and what it creates with a
// literal: that is enough for code that passes results on directly. If it misses an
// output, [facts.check] fails.
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

// follow visits the function that is called.
func (w *walk) follow(from *ast.FuncDecl, called ast.Expr) {
	switch c := called.(type) {
	case *ast.Ident:
		w.visit("." + c.Name)
	case *ast.SelectorExpr:
		w.visit(w.source.method(w.typeOfExpr(from, c.X), c.Sel.Name))
	}
}

// typeOfExpr returns the name of the type of a variable or of one of its fields.
func (w *walk) typeOfExpr(from *ast.FuncDecl, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return w.typeOf(from, e.Name)
	case *ast.SelectorExpr:
		return w.source.fields[w.typeOfExpr(from, e.X)+"."+e.Sel.Name]
	}
	return ""
}

// typeOf returns the name of a variable's type, if the function shows it.
func (w *walk) typeOf(f *ast.FuncDecl, variable string) string {
	lists := []*ast.FieldList{f.Type.Params}
	if f.Recv != nil {
		lists = append(lists, f.Recv)
	}
	for _, list := range lists {
		for _, field := range list.List {
			for _, name := range field.Names {
				if name.Name == variable {
					return typeName(field.Type)
				}
			}
		}
	}
	return w.typeMade(f.Body, variable)
}

// typeMade finds variable := T{…}, &T{…} or a function call.
func (w *walk) typeMade(body ast.Node, variable string) (found string) {
	ast.Inspect(body, func(n ast.Node) bool {
		assign, ok := n.(*ast.AssignStmt)
		if !ok || len(assign.Lhs) != 1 || len(assign.Rhs) != 1 {
			return true
		}
		name, ok := assign.Lhs[0].(*ast.Ident)
		if !ok || name.Name != variable {
			return true
		}
		made := assign.Rhs[0]
		if address, ok := made.(*ast.UnaryExpr); ok {
			made = address.X
		}
		switch made := made.(type) {
		case *ast.CompositeLit:
			found = typeName(made.Type)
		case *ast.CallExpr:
			if function, ok := made.Fun.(*ast.Ident); ok {
				found = result(w.source.functions["."+function.Name])
			}
		}
		return true
	})
	return found
}

// note collects the outputs in a composite literal: host.Output{Name: …} itself, or
// the elements of []host.Output.
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
