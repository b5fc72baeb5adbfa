package mask

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFormsOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret string
		want   []string
	}{
		"letters and digits": {"fakePAT0001", []string{
			"fakePAT0001",
			"ZmFrZVBBVDAwMDE=", "ZmFrZVBBVDAwMDE", // the secret alone
			"OmZha2VQQVQwMDAx",                                   // after a colon
			"ZmFrZVBBVDAwMD", "Zha2VQQVQwMDAx", "mYWtlUEFUMDAwM", // inside a longer text
			"ZgBhAGsAZQBQAEEAVAAwADAAMAAxAA==", "ZgBhAGsAZQBQAEEAVAAwADAAMAAxAA", "ZgBhAGsAZQBQAEEAVAAwADAAMAAxA", "YAYQBrAGUAUABBAFQAMAAwADAAMQ", "mAGEAawBlAFAAQQBUADAAMAAwADEA", // UTF-16
			"66616b6550415430303031", "66616B6550415430303031",
		}},
		"too short for the inside of base64": {"a~b?", []string{
			"a~b?",
			"YX5iPw==", "YX5iPw", "OmF+Yj8=", "OmF+Yj8", "OmF-Yj8=", "OmF-Yj8",
			"YQB+AGIAPwA=", "YQB+AGIAPwA", "YQB+AGIAPw", "EAfgBiAD8A", "hAH4AYgA/A",
			"a~b%3F", "a~b%3f", "a%7Eb%3F", "a%7eb%3f",
			"617e623f", "617E623F",
		}},
		"just long enough for it": {"fakeP07", []string{
			"fakeP07",
			"ZmFrZVAwNw==", "ZmFrZVAwNw", "OmZha2VQMDc=", "OmZha2VQMDc",
			"ZmFrZVAwN", "Zha2VQMD", "mYWtlUDA3",
			"ZgBhAGsAZQBQADAANwA=", "ZgBhAGsAZQBQADAANwA", "ZgBhAGsAZQBQADAANw", "YAYQBrAGUAUAAwADcA", "mAGEAawBlAFAAMAA3A",
			"66616b65503037", "66616B65503037",
		}},
		"too short": {"abc", nil},
		"lines that are too short": {"ab\ncd", []string{
			"YWIKY2Q=", "YWIKY2Q", "OmFiCmNk",
			"YQBiAAoAYwBkAA==", "YQBiAAoAYwBkAA", "YQBiAAoAYwBkA", "EAYgAKAGMAZA", "hAGIACgBjAGQA",
			"ab%0Acd", "ab%0acd",
			`ab\ncd`,
			"61620a6364", "61620A6364",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, formsOf(c.secret)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestPlainSecretsHaveNoEscapedForms checks the shortcut in derive.
func TestPlainSecretsHaveNoEscapedForms(t *testing.T) {
	t.Parallel()
	for c := range 0x180 {
		s := "fakePAT" + string(rune(c)) + "0"
		same := slices.IndexFunc(escapedForms(s), func(f string) bool { return f != s }) < 0
		if isPlain(s) && !same {
			t.Errorf("isPlain(%q) is true, but escaping gives %q", s, escapedForms(s))
		}
	}
	if !isPlain("eyJhbGciOi0_.eyJzdWIi-_.AZaz09") {
		t.Error("a JWT is not plain")
	}
}

// These are the forms that other programs make of the same secret.
func TestFormsOfOtherPrograms(t *testing.T) {
	t.Parallel()
	const secret = `a/b+c ~<d&'"\é😀*(`
	forms := formsOf(secret)
	for program, form := range map[string]string{
		"encodeURIComponent":    `a%2Fb%2Bc%20~%3Cd%26'%22%5C%C3%A9%F0%9F%98%80*(`,
		"URLSearchParams":       `a%2Fb%2Bc+%7E%3Cd%26%27%22%5C%C3%A9%F0%9F%98%80*%28`,
		"Python quote":          `a/b%2Bc%20~%3Cd%26%27%22%5C%C3%A9%F0%9F%98%80%2A%28`,
		"Python quote_plus":     `a%2Fb%2Bc+~%3Cd%26%27%22%5C%C3%A9%F0%9F%98%80%2A%28`,
		"HttpUtility.UrlEncode": `a%2fb%2bc+%7e%3cd%26%27%22%5c%c3%a9%f0%9f%98%80*(`,
		"lower-case RFC 3986":   `a%2fb%2bc%20~%3cd%26%27%22%5c%c3%a9%f0%9f%98%80%2a%28`,
		"JSON.stringify":        `a/b+c ~<d&'\"\\é😀*(`,
		"Go json.Marshal":       `a/b+c ~\u003cd\u0026'\"\\é😀*(`,
		"Python json.dumps":     `a/b+c ~<d&'\"\\\u00e9\ud83d\ude00*(`,
		"PHP json_encode":       `a\/b+c ~<d&'\"\\\u00e9\ud83d\ude00*(`,
		"System.Text.Json":      `a/b\u002Bc ~\u003Cd\u0026\u0027\u0022\\\u00E9\uD83D\uDE00*(`,
		"XML":                   `a/b+c ~&lt;d&amp;&apos;&quot;\é😀*(`,
		"Go html.EscapeString":  `a/b+c ~&lt;d&amp;&#39;&#34;\é😀*(`,
		"Python html.escape":    `a/b+c ~&lt;d&amp;&#x27;&quot;\é😀*(`,
		"text in XML":           `a/b+c ~&lt;d&amp;'"\é😀*(`,
		"Go %q":                 `a/b+c ~<d&'\"\\é😀*(`,
		"set -x":                `a/b+c ~<d&'\''"\é😀*(`,
		"shlex.quote":           `a/b+c ~<d&'"'"'"\é😀*(`,
	} {
		if !slices.Contains(forms, form) {
			t.Errorf("%s: %s is not among the forms", program, form)
		}
	}
	if len(forms) > 40 {
		t.Errorf("%d forms of one secret", len(forms))
	}
}

func TestFormsOfSharedAccessSignature(t *testing.T) {
	t.Parallel()
	const value = "SharedAccessSignature sr=0000&sig=ZmFrZStzaWc%2FZmFrZQ%3D%3D&skn=azstep-1&se=1795259472000"
	forms := formsOf(value)
	want := []string{value, "ZmFrZStzaWc%2FZmFrZQ%3D%3D", "ZmFrZStzaWc/ZmFrZQ=="}
	if diff := cmp.Diff(want, forms[:3]); diff != "" {
		t.Errorf("the first forms: %s", diff)
	}
	for _, form := range []string{
		"ZmFrZStzaWc%2fZmFrZQ%3d%3d",           // as .NET encodes it
		"ZmFrZStzaWc%252FZmFrZQ%253D%253D",     // encoded twice
		"Wm1GclpTdHphV2MvWm1GclpRPT0",          // base64 of the decoded signature
		"OlptRnJaU3R6YVdjJTJGWm1GclpRJTNEJTNE", // as a password
	} {
		if !slices.Contains(forms, form) {
			t.Errorf("%q is not among the forms", form)
		}
	}
	for _, none := range []string{
		"SharedAccessSignature sr=0000&skn=x", "SharedAccessSignature sr=0&sig=%zz", "sr=0&sig=ZmFrZStzaWc",
	} {
		if got := signaturesOf(none); len(got) > 1 {
			t.Errorf("signatures of %q: %q", none, got)
		}
	}
}

// In base64 of a longer text, every character that depends only on the secret must
// be hidden.
func TestBase64Inside(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 8))
	for n := 12; n < 60; n++ {
		secret := string(manyBytes(random, n))
		var s Set
		s.Add(secret)
		for before := 2; before < 9; before++ {
			for after := 1; after < 4; after++ {
				plain := string(manyBytes(random, before)) + secret + string(manyBytes(random, after))
				for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
					text := alphabet.EncodeToString([]byte(plain))
					first, end := (before*8+5)/6, (before+n)*8/6
					want := text[:first] + mark + text[end:]
					if got := s.Clean(text); got != want {
						t.Fatalf("%d bytes after %d and before %d:\n got %s\nwant %s", n, before, after, got, want)
					}
				}
			}
		}
	}
}

// manyBytes returns bytes that contain no white space, which would be trimmed, and
// no colon, and that do not begin with two zero bits, with which base64 pads its
// last character.
func manyBytes(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('@' + random.IntN('~'-'@'))
	}
	return b
}

func ExampleSet_Add() {
	var s Set
	for _, form := range s.Add("FAKE-PAT-0001") {
		fmt.Println("::add-mask::" + form)
	}
	fmt.Println(s.Clean("curl -u :FAKE-PAT-0001"))
	fmt.Println(s.Clean("Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("user:FAKE-PAT-0001"))))
	// Output:
	// ::add-mask::FAKE-PAT-0001
	// ::add-mask::RkFLRS1QQVQtMDAwMQ==
	// ::add-mask::RkFLRS1QQVQtMDAwMQ
	// ::add-mask::OkZBS0UtUEFULTAwMDE=
	// ::add-mask::OkZBS0UtUEFULTAwMDE
	// ::add-mask::RkFLRS1QQVQtMDAwM
	// ::add-mask::ZBS0UtUEFULTAwMD
	// ::add-mask::GQUtFLVBBVC0wMDAx
	// ::add-mask::RgBBAEsARQAtAFAAQQBUAC0AMAAwADAAMQA=
	// ::add-mask::RgBBAEsARQAtAFAAQQBUAC0AMAAwADAAMQA
	// ::add-mask::RgBBAEsARQAtAFAAQQBUAC0AMAAwADAAMQ
	// ::add-mask::YAQQBLAEUALQBQAEEAVAAtADAAMAAwADEA
	// ::add-mask::GAEEASwBFAC0AUABBAFQALQAwADAAMAAxA
	// ::add-mask::46414b452d5041542d30303031
	// ::add-mask::46414B452D5041542D30303031
	// curl -u :***
	// Authorization: Basic dXNlcjp***
}
