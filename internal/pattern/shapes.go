package pattern

import "strings"

// IsGUID reports whether s is a GUID as the services write it: 8-4-4-4-12
// hexadecimal digits in either case, without braces.
func IsGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen != (s[i] == '-') || !hyphen && !isHex(s[i]) {
			return false
		}
	}
	return true
}

// IsLabel reports whether s can be a label of a DNS name, or a name with the same
// rules: 1 to most ASCII letters, digits and hyphens, with no hyphen at either end.
func IsLabel(s string, most int) bool {
	other := func(r rune) bool { return r != '-' && !isAlnum(r) }
	return s != "" && len(s) <= most && s[0] != '-' && s[len(s)-1] != '-' && !strings.ContainsFunc(s, other)
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isAlnum(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}
