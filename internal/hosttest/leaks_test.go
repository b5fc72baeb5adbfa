package hosttest

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// canary contains a character for every kind of escape: quotes, slashes, spaces,
// HTML, percent signs, non-ASCII letters, and bytes that base64 encodes as '+' at
// every alignment.
const canary = `FAKE pat/"0001"+<&'\%>=é|$~~~~~`

func TestLeaks(t *testing.T) {
	t.Parallel()
	must := func(b []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	htmlText := func(s string) string {
		var b strings.Builder
		template.HTMLEscape(&b, []byte(s))
		return b.String()
	}
	xmlText := func(s string) string {
		var b strings.Builder
		if err := xml.EscapeText(&b, []byte(s)); err != nil {
			t.Fatal(err)
		}
		return strings.ReplaceAll(strings.ReplaceAll(b.String(), "&#34;", "&quot;"), "&#39;", "&apos;")
	}
	for name, tc := range map[string]struct{ in, want string }{
		"plain":                       {"x" + canary + "x", "plain"},
		"over two lines":              {canary[:9] + "\r\n  " + canary[9:], "plain, broken by white space"},
		"base64 of a JSON value":      {base64.StdEncoding.EncodeToString([]byte(`"x":"` + canary + `"`)), "base64 at byte 2 of 3"},
		"base64 of basic":             {base64.StdEncoding.EncodeToString([]byte(":" + canary)), "base64 at byte 1 of 3"},
		"base64 of user and password": {base64.StdEncoding.EncodeToString([]byte("azstep:" + canary)), "base64 at byte 1 of 3"},
		"base64, in lines":            {strings.Join(strings.SplitAfter(base64.StdEncoding.EncodeToString([]byte(canary)), "w"), "\n"), "base64 at byte 0 of 3, broken by white space"},
		"base64url without padding":   {base64.RawURLEncoding.EncodeToString([]byte("x" + canary + "??")), "base64url at byte 1 of 3"},
		"base64 twice":                {base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString([]byte(canary)))), "base64 of base64 at byte 0 of 3"},
		"base64 twice, of basic":      {base64.StdEncoding.EncodeToString([]byte("Basic " + base64.StdEncoding.EncodeToString([]byte(":"+canary)))), "base64 of base64 of basic at byte 0 of 3"},
		"PowerShell -EncodedCommand":  {base64.StdEncoding.EncodeToString(utf16Of("$t = '" + canary + "'")), "base64 of little-endian UTF-16 at byte 0 of 3"},
		"base32":                      {base32.StdEncoding.EncodeToString([]byte("abc" + canary)), "base32 at byte 3 of 5"},
		"fmt %x":                      {fmt.Sprintf("%x", canary), "hex"},
		"fmt %X":                      {fmt.Sprintf("%X", canary), "hex"},
		"fmt % x":                     {fmt.Sprintf("% x", canary), "hex, broken by white space"},
		"fmt %q":                      {fmt.Sprintf("%q", canary), "JSON"},
		"fmt %+q":                     {fmt.Sprintf("%+q", canary), "Go"},
		"fmt %#v of bytes":            {strings.ReplaceAll(fmt.Sprintf("%#v", []byte(canary)), " ", ""), "hex array"},
		"fmt %v of bytes":             {fmt.Sprint([]byte(canary)), "decimal array"},
		"xxd with colons":             {strings.ReplaceAll(fmt.Sprintf("% x", canary), " ", ":"), "hex with separators"},
		"encoding/json":               {must(json.Marshal(canary)), "JSON"},
		"JSON.stringify":              {`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(canary) + `"`, "JSON"},
		"a log in JSON, of JSON":      {must(json.Marshal(must(json.Marshal(canary)))), "JSON in JSON"},
		"url.PathEscape":              {url.PathEscape(canary), "percent-encoded"},
		"encodeURIComponent":          {strings.NewReplacer("+", "%20", "%27", "'").Replace(url.QueryEscape(canary)), "percent-encoded"},
		"Uri.EscapeDataString":        {strings.ReplaceAll(url.QueryEscape(canary), "+", "%20"), "percent-encoded"},
		"digits in lower case":        {lowerHex(strings.ReplaceAll(url.QueryEscape(canary), "+", "%20")), "percent-encoded"},
		"url.Values":                  {url.Values{"a": {canary}}.Encode(), "form-encoded"},
		"a URL in a URL":              {url.Values{"a": {url.Values{"b": {canary}}.Encode()}}.Encode(), "percent-encoded twice"},
		"html/template":               {htmlText(canary), "HTML"},
		"XML":                         {xmlText(canary), "XML"},
		"numeric entities":            {"&#70;&#65;&#75;&#69;" + entities(canary[4:]), "HTML in full"},
		"bash":                        {`'` + strings.ReplaceAll(canary, `'`, `'\''`) + `'`, "single-quoted for a shell"},
		"PowerShell":                  {`'` + strings.ReplaceAll(canary, `'`, `''`) + `'`, "single quotes doubled"},
		"CSV":                         {`"` + strings.ReplaceAll(canary, `"`, `""`) + `"`, "double quotes doubled"},
		"docker -e":                   {strings.ReplaceAll(canary, `"`, `\"`), "double quotes escaped"},
		"rev":                         {reversed(canary), "reversed"},
		"tr":                          {strings.Map(rot13, canary), "rot13"},
		"tr again":                    {strings.ToLower(canary), "in lower case"},
		"sed 's/./& /g'":              {strings.Join(strings.Split(canary, ""), " "), "plain, broken by white space"},
		"sed 's/./&./g'":              {strings.Join(strings.Split(canary, ""), "."), "separated by dots"},
		"a runner's command":          {"::error::" + strings.ReplaceAll(canary, "%", "%25"), "escaped for the GitHub runner"},
		"an agent's command":          {"##vso[task.debug]" + escapeLogging(canary), "escaped for the Azure Pipelines agent"},
		"a file of Windows":           {string(utf16Of(canary)), "UTF-16"},
	} {
		if got := Leaks([]byte("before "+tc.in+" after"), canary); !slices.Contains(got, tc.want) {
			t.Errorf("%s: %q in %q; want %q", name, got, tc.in, tc.want)
		}
	}
}

func entities(s string) string {
	var b strings.Builder
	for _, r := range s {
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.String()
}

func reversed(s string) string {
	r := []rune(s)
	slices.Reverse(r)
	return string(r)
}

func utf16Of(s string) []byte {
	var b []byte
	for _, unit := range utf16.Encode([]rune(s)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return b
}

// Every form is found by its name, at any position.
func TestLeaksKnowsItsForms(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{canary, "fakepat0001", "FAKE-PAT-0001", "SharedAccessSignature sr=a%2Fb&sig=x%3D&se=1"} {
		names := map[string]string{} // by needle
		for _, f := range forms(secret) {
			if names[f.needle] == "" {
				names[f.needle] = f.name
			}
		}
		for needle, name := range names {
			if got := Leaks([]byte("\xff\n["+needle+"]\x00"), secret); !slices.Contains(got, name) {
				t.Errorf("%s of %s: %q", name, secret, got)
			}
		}
	}
}

func TestNoLeaks(t *testing.T) {
	t.Parallel()
	for in, secret := range map[string]string{
		"":                                    canary,
		"x *** x":                             canary,
		canary[:12] + "***" + canary[15:]:     canary,
		"c2VjcmV0 is what it is not":          canary,
		"a b c":                               "abc", // too short to be sure
		"ab\ncd":                              "abcd",
		"an 0001 and a PAT, which is no FAKE": "FAKE-PAT-0001",
	} {
		if got := Leaks([]byte(in), secret); got != nil {
			t.Errorf("%q in %q: %q", secret, in, got)
		}
	}
}

func TestLeaksNamesEachFormOnce(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"plain"}, Leaks([]byte("fakepat0001 fakepat0001"), "fakepat0001")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"plain", "a line of it"}, Leaks([]byte("first line\nsecond line\n"), "first line\nsecond line")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a line of it"}, Leaks([]byte("second line"), "first line\nsecond line")); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutMasks(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ host, in, want string }{
		{GitHub, "::add-mask::secret\nrest\n", "::add-mask::\nrest\n"},
		{GitHub, "rest", "rest\n"},
		{GitHub, "", ""},
		{GitHub, " ::add-mask::secret\n", " ::add-mask::secret\n"},
		{GitHub, "secret ##[add-mask]other\n", "secret ##[add-mask]other\n"},
		{GitHub, "##[add-mask]secret\n", "##[add-mask]secret\n"},
		{GitHub, "::add-mask x=secret::other\n", "::add-mask x=secret::other\n"},
		{GitHub, "::debug::secret\n", "::debug::secret\n"},
		{GitHub, "::stop-commands::tok\n::add-mask::secret\n::tok::\n::add-mask::secret\n", "::stop-commands::tok\n::add-mask::secret\n::tok::\n::add-mask::\n"},
		{GitHub, "##vso[task.setsecret]secret\n", "##vso[task.setsecret]secret\n"},
		{AzurePipelines, "##vso[task.setsecret]secret\nrest\n", "##vso[task.setsecret]\nrest\n"},
		{AzurePipelines, "##vso[task.setvariable variable=a;isSecret=true;isOutput=true]secret]\n", "##vso[task.setvariable variable=a;isSecret=true;isOutput=true]\n"},
		{AzurePipelines, "##vso[task.setvariable variable=a;isSecret=false]secret\n", "##vso[task.setvariable variable=a;isSecret=false]secret\n"},
		{AzurePipelines, "secret ##vso[task.setsecret]other\n", "secret ##vso[task.setsecret]other\n"},
		{AzurePipelines, "##vso[task.setsecret secret\n", "##vso[task.setsecret secret\n"},
		{AzurePipelines, "::add-mask::secret\n", "::add-mask::secret\n"},
		{"local", "::add-mask::secret\r\n", "::add-mask::secret\r\n"},
	} {
		if diff := cmp.Diff(tc.want, string(WithoutMasks(tc.host, []byte(tc.in)))); diff != "" {
			t.Errorf("%s: %q: %s", tc.host, tc.in, diff)
		}
	}
}

func BenchmarkLeaks(b *testing.B) {
	haystack := []byte(strings.Repeat("an ordinary line of a log, with a *** in it\n", 20000))
	b.SetBytes(int64(len(haystack)))
	for b.Loop() {
		if got := Leaks(haystack, canary); got != nil {
			b.Fatal(got)
		}
	}
}
