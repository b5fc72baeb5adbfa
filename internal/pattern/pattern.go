// Package pattern has regular expressions that are compiled by their first use, and
// the shapes of values that several rooms must know: GUIDs, labels, shared access
// signatures.
//
// A run needs a few of the program's patterns. Compiling all of them where they
// are declared, as package regexp's own idiom does, took longer than all other
// initialization together.
package pattern

import (
	"regexp"
	"strings"
	"sync"
)

// Pattern is a regular expression. It is safe for use by several goroutines.
type Pattern struct {
	expression string
	once       sync.Once
	compiled   *regexp.Regexp
}

// New returns the pattern of an expression, which has to be a correct one: a
// test compiles every expression that the program gives to New.
func New(expression string) *Pattern { return &Pattern{expression: expression} }

func (p *Pattern) get() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.expression) })
	return p.compiled
}

// MatchString reports whether s has a match.
func (p *Pattern) MatchString(s string) bool { return p.get().MatchString(s) }

// FindStringSubmatch returns the leftmost match and those of its groups, or nil.
func (p *Pattern) FindStringSubmatch(s string) []string { return p.get().FindStringSubmatch(s) }

// ReplaceAllString returns s with every match replaced; $1 stands for a group.
func (p *Pattern) FindAllString(s string) []string { return p.get().FindAllString(s, -1) }

// ReplaceAllString is that of [regexp.Regexp].
func (p *Pattern) ReplaceAllString(s, by string) string { return p.get().ReplaceAllString(s, by) }

// ReplaceAllFunc returns s with every match replaced by what by makes of it and
// of its groups.
func (p *Pattern) ReplaceAllFunc(s string, by func(groups []string) string) string {
	var b strings.Builder
	last := 0
	for _, at := range p.get().FindAllStringSubmatchIndex(s, -1) {
		groups := make([]string, len(at)/2)
		for i := range groups {
			if at[2*i] >= 0 {
				groups[i] = s[at[2*i]:at[2*i+1]]
			}
		}
		b.WriteString(s[last:at[0]] + by(groups))
		last = at[1]
	}
	return b.String() + s[last:]
}
