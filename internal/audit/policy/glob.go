package policy

import "strings"

// Match reports whether a name matches a pattern, in which * stands for any text,
// including none, and ? for any one character. Case is ignored. Nothing else has a
// special meaning, because names of resources may contain slashes and brackets.
func Match(pattern, name string) bool {
	return MatchCase(strings.ToLower(pattern), strings.ToLower(name))
}

// MatchCase is Match, but case-sensitive.
func MatchCase(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	at, star, from := 0, -1, 0 // star is the last *, and from is the position in n where its match ends
	for i := 0; i < len(n); {
		switch {
		case at < len(p) && p[at] == '*':
			star, from = at, i
			at++
		case at < len(p) && (p[at] == '?' || p[at] == n[i]):
			at++
			i++
		case star >= 0: // the last * matches one more character
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[at:]), "*") == ""
}
