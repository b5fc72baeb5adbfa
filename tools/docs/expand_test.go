package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// expander expands a template as Azure Pipelines does before a run
// (azure-devops-docs, template-expressions.md and expressions.md), as far as our
// template needs it. Anything else is a test failure.
type expander struct {
	t     *testing.T
	scope map[string]any
}

// whole matches a text that consists of a single expression.
var whole = regexp.MustCompile(`^\$\{\{ ([^}]+) \}\}$`)

var inText = regexp.MustCompile(`\$\{\{ ([^}]+) \}\}`)

func (e *expander) expand(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return e.mapping(v)
	case []any:
		return e.sequence(v)
	case string:
		if m := whole.FindStringSubmatch(v); m != nil {
			return e.eval(m[1])
		}
		return inText.ReplaceAllStringFunc(v, func(text string) string {
			return fmt.Sprint(e.eval(inText.FindStringSubmatch(text)[1]))
		})
	}
	return v
}

// mapping inserts the results of directives among a mapping's keys.
func (e *expander) mapping(m map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if parts, ok := e.directive(key, m[key]); ok {
			for _, part := range parts {
				maps.Copy(out, part.(map[string]any))
			}
			continue
		}
		out[e.expand(key).(string)] = e.expand(m[key])
	}
	return out
}

// sequence inserts the lists that a sequence's items stand for.
func (e *expander) sequence(list []any) []any {
	out := []any{}
	for _, item := range list {
		if m, ok := item.(map[string]any); ok && len(m) == 1 {
			key := slices.Collect(maps.Keys(m))[0]
			if parts, ok := e.directive(key, m[key]); ok {
				for _, part := range parts {
					out = append(out, part.([]any)...)
				}
				continue
			}
		}
		switch one := e.expand(item).(type) {
		case []any: // a sequence inserted into a sequence is flattened
			out = append(out, one...)
		default:
			out = append(out, one)
		}
	}
	return out
}

var (
	conditional = regexp.MustCompile(`^\$\{\{ if (.+) \}\}$`)
	repeated    = regexp.MustCompile(`^\$\{\{ each ([a-z]+) in (.+) \}\}$`)
)

// directive expands the body of `if` and `each`, possibly several times.
func (e *expander) directive(key string, body any) (parts []any, ok bool) {
	if m := conditional.FindStringSubmatch(key); m != nil {
		if e.eval(m[1]) == true {
			parts = append(parts, e.expand(body))
		}
		return parts, true
	}
	m := repeated.FindStringSubmatch(key)
	if m == nil {
		return nil, false
	}
	over := e.eval(m[2]).(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(over)) {
		inner := &expander{e.t, maps.Clone(e.scope)}
		inner.scope[m[1]] = map[string]any{"key": name, "value": over[name]}
		parts = append(parts, inner.expand(body))
	}
	return parts, true
}

// eval returns the value of an expression: a literal, a name, or a call.
func (e *expander) eval(text string) any {
	text = strings.TrimSpace(text)
	if literal, ok := strings.CutPrefix(text, "'"); ok && strings.HasSuffix(literal, "'") && strings.Count(text, "'") == 2 {
		return strings.TrimSuffix(literal, "'")
	}
	if at := strings.IndexByte(text, '('); at > 0 && strings.HasSuffix(text, ")") {
		var args []any
		for _, arg := range arguments(text[at+1 : len(text)-1]) {
			args = append(args, e.eval(arg))
		}
		return e.call(text[:at], args)
	}
	return e.name(text)
}

func (e *expander) name(text string) any {
	if at := strings.IndexByte(text, '['); at > 0 && strings.HasSuffix(text, "']") {
		m, _ := e.name(text[:at]).(map[string]any)
		value, ok := m[strings.Trim(text[at:], "[']")]
		if !ok {
			return "" // null
		}
		return value
	}
	var v any = e.scope
	for part := range strings.SplitSeq(text, ".") {
		m, ok := v.(map[string]any)
		if _, known := m[part]; !ok || !known {
			e.t.Fatalf("the template uses %s, which is not defined", text)
		}
		v = m[part]
	}
	return v
}

// arguments splits a list at the commas outside parentheses and quotes.
func arguments(text string) (args []string) {
	depth, from, quote := 0, 0, false
	for i, r := range text {
		switch {
		case r == '\'':
			quote = !quote
		case quote || unicode.IsLetter(r):
		case r == '(' || r == '[':
			depth++
		case r == ')' || r == ']':
			depth--
		case r == ',' && depth == 0:
			args, from = append(args, text[from:i]), i+1
		}
	}
	return append(args, text[from:])
}

func (e *expander) call(name string, args []any) any {
	same := func(a, b any) bool { return strings.EqualFold(fmt.Sprint(a), fmt.Sprint(b)) }
	switch name {
	case "and":
		return !slices.Contains(args, any(false))
	case "convertToJson":
		text, err := json.MarshalIndent(args[0], "", "  ")
		if err != nil {
			e.t.Fatal(err)
		}
		return string(text)
	case "eq":
		return same(args[0], args[1])
	case "notIn":
		return !slices.ContainsFunc(args[1:], func(a any) bool { return same(args[0], a) })
	case "ne":
		return !same(args[0], args[1])
	case "or":
		return slices.Contains(args, any(true))
	case "in":
		return slices.ContainsFunc(args[1:], func(a any) bool { return same(args[0], a) })
	case "upper":
		return strings.ToUpper(fmt.Sprint(args[0]))
	case "replace":
		return strings.ReplaceAll(fmt.Sprint(args[0]), fmt.Sprint(args[1]), fmt.Sprint(args[2]))
	}
	e.t.Fatalf("the template calls %s, which the expander does not support", name)
	return nil
}
