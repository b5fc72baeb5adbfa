package pattern

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// SASPrefix begins a shared access signature. API tokens of IoT Central (the REST
// API's ApiToken.token) have the form "SharedAccessSignature sr=…&sig=…&skn=…&se=…".
const SASPrefix = "SharedAccessSignature "

// SAS holds the fields of a shared access signature that azstep reads. A field that
// is missing or not encoded correctly is empty.
type SAS struct {
	Signature string    // sig, still percent-encoded
	Name      string    // skn: the id of an API token
	Expires   time.Time // se; zero if missing
}

// ParseSAS parses a shared access signature and reports whether the value is one.
func ParseSAS(value string) (SAS, bool) {
	fields, ok := strings.CutPrefix(value, SASPrefix)
	if !ok {
		return SAS{}, false
	}
	var s SAS
	for field := range strings.SplitSeq(fields, "&") {
		name, text, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch { // if a field is repeated, the first one counts
		case name == "sig" && s.Signature == "":
			s.Signature = text
		case name == "skn" && s.Name == "":
			s.Name, _ = url.QueryUnescape(text)
		case name == "se" && s.Expires.IsZero():
			s.Expires = sasEnd(text)
		}
	}
	return s, true
}

// lastSecond is the end of the year 9999. Larger numbers can only be milliseconds.
const lastSecond = 253402300799

// sasEnd parses se. IoT Central writes milliseconds since 1970; other services write
// seconds.
func sasEnd(text string) time.Time {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}
	case n > lastSecond:
		return time.UnixMilli(n).UTC()
	}
	return time.Unix(n, 0).UTC()
}
