// Package pattern provides regular expressions that are compiled on first use, and
// parsers for values that several packages know: GUIDs, labels and shared access
// signatures.
//
// A run needs only a few of the program's expressions. Compiling all of them in
// package-level variables, as is usual with package regexp, took longer than the
// rest of the initialization together.
package pattern

import (
	"regexp"
	"strings"
	"sync"
)

// Pattern is a regular expression. It is safe for concurrent use.
type Pattern struct {
	expression string
	once       sync.Once
	compiled   *regexp.Regexp
}

// New returns the pattern for an expression, which must be valid: a test compiles
// every expression in the program.
func New(expression string) *Pattern { return &Pattern{expression: expression} }

func (p *Pattern) get() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.expression) })
	return p.compiled
}

// MatchString reports whether s contains a match.
func (p *Pattern) MatchString(s string) bool { return p.get().MatchString(s) }

// FindStringSubmatch returns the leftmost match and its groups, or nil.
func (p *Pattern) FindStringSubmatch(s string) []string { return p.get().FindStringSubmatch(s) }

// FindAllString returns all matches in s.
func (p *Pattern) FindAllString(s string) []string { return p.get().FindAllString(s, -1) }

// ReplaceAllString returns s with every match replaced; $1 stands for the first
// group. See [regexp.Regexp.ReplaceAllString].
func (p *Pattern) ReplaceAllString(s, by string) string { return p.get().ReplaceAllString(s, by) }

// ReplaceAllFunc returns s with every match replaced by the result of by, which
// receives the match and its groups.
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
