package policy

import "strings"

// Match reports whether a name matches a pattern, in which * is any text, also
// none, and ? is any one character. Case does not matter, and nothing else has
// a meaning: names of resources hold slashes and brackets.
func Match(pattern, name string) bool {
	return MatchCase(strings.ToLower(pattern), strings.ToLower(name))
}

// MatchCase is Match for names that differ by case.
func MatchCase(pattern, name string) bool {
	p, n := []rune(pattern), []rune(name)
	at, star, from := 0, -1, 0 // star is the last *, and from where it ends in n
	for i := 0; i < len(n); {
		switch {
		case at < len(p) && p[at] == '*':
			star, from = at, i
			at++
		case at < len(p) && (p[at] == '?' || p[at] == n[i]):
			at++
			i++
		case star >= 0: // the last * takes one more
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[at:]), "*") == ""
}
