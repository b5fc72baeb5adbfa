package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/input"
	"github.com/azstep/azstep/internal/steps"
)

func (f *facts) operationTable() string {
	rows := [][]string{{"Operation", "What it does"}}
	for _, op := range f.operations {
		rows = append(rows, []string{code(op.Name), op.Does})
	}
	return table(rows)
}

// commonTable lists the inputs of every operation.
func (f *facts) commonTable() string {
	rows := [][]string{{"Input", "Default", "Meaning"}}
	common := append([]string{"operation"}, input.Names(new(steps.Common))...)
	for _, in := range f.inputs {
		if !slices.Contains(common, in.name) {
			continue
		}
		meaning, value := in.split()
		if in.name == "operation" {
			value = "required"
		}
		rows = append(rows, []string{code(in.name), value, meaning})
	}
	return table(rows)
}

// inputTable lists the inputs of only some operations.
func (f *facts) inputTable() string {
	rows := [][]string{{"Input", "Operations", "Default", "Meaning"}}
	for _, in := range f.inputs {
		take, require := f.takers(in.name)
		if len(take) == 0 {
			continue
		}
		meaning, value := in.split()
		switch {
		case len(require) == len(take):
			value = "required"
		case len(require) > 0:
			value = strings.TrimPrefix(value+"; required by "+codes(require), "; ")
		}
		rows = append(rows, []string{code(in.name), codes(take), value, meaning})
	}
	return table(rows)
}

// told matches the default in a description, and the text around it.
var told = regexp.MustCompile(` ?Default:? (.+?)(?:, (at most [^.]+))?\.(?:\s+|$)`)

// split separates the meaning of an input from its default.
func (d described) split() (meaning, value string) {
	meaning, value = d.text, d.value
	if at := told.FindStringSubmatchIndex(meaning); at != nil && value == "" {
		parts := told.FindStringSubmatch(meaning)
		value = parts[1]
		bound := ""
		if parts[2] != "" {
			bound = " " + strings.ToUpper(parts[2][:1]) + parts[2][1:] + "."
		}
		meaning = strings.TrimSpace(meaning[:at[0]] + bound + " " + meaning[at[1]:])
	}
	if value != "" && !strings.Contains(value, " ") {
		value = code(value)
	}
	return prose(meaning), value
}

// special matches words in a plain text that must be read literally.
var special = regexp.MustCompile("`[^`]*`" + `|https://[A-Za-z0-9./-]*[A-Za-z0-9]|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+`)

// prose formats variables and addresses in a plain text as code.
func prose(text string) string {
	return special.ReplaceAllStringFunc(text, func(word string) string {
		if strings.HasPrefix(word, "`") {
			return word
		}
		return code(word)
	})
}

func (f *facts) outputTable() string {
	rows := [][]string{{"Output", "Azure Pipelines, laptop", "Operations", "Secret", "Valid", "Leaves the job", "Meaning"}}
	for _, o := range f.outputs {
		makers, secret, leaves := codes(f.makers(o.name)), "", "yes"
		if has(f.shared, o.name) {
			makers = "all"
		}
		if f.secret(o.name) {
			secret, leaves = "**yes**", "no"
		}
		rows = append(rows, []string{code(o.name), code(camel(o.name)), makers, secret, lives(o.name), leaves, prose(o.text)})
	}
	return table(rows)
}

// lives says how long the secret in an output is valid.
func lives(name string) string {
	switch name {
	case "token", "authorization-header":
		return "until `valid-to`, or until azstep revokes it when the job ends"
	case "refresh-token":
		return "90 days"
	}
	return ""
}

func (f *facts) scopeList() string {
	var words []string
	for _, s := range f.scopes {
		words = append(words, code(s))
	}
	return strings.Join(words, " ")
}

func (f *facts) usageText() string { return "```text\n" + strings.TrimSpace(f.usage) + "\n```" }

// camel converts kebab case to the spelling in Azure Pipelines and in the local
// JSON.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i, word := range words[1:] {
		words[i+1] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

func code(text string) string { return "`" + text + "`" }

func codes(names []string) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = code(n)
	}
	return strings.Join(all, ", ")
}

// table writes rows as a table in GitHub's Markdown; the first row is the head.
func table(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(&b, "| %s ", strings.ReplaceAll(cell, "|", `\|`))
		}
		b.WriteString("|\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}
