package hosttest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseFileCommands(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file string
		want []Pair
		err  string // a part of the error
	}{
		"nothing":                           {file: ""},
		"empty lines":                       {file: "\n\n\n"},
		"pairs":                             {file: "a=1\nb=2\n", want: []Pair{{"a", "1"}, {"b", "2"}}},
		"no line feed at the end":           {file: "a=1", want: []Pair{{"a", "1"}}},
		"empty lines between":               {file: "\na=1\n\nb=2\n", want: []Pair{{"a", "1"}, {"b", "2"}}},
		"first equals sign":                 {file: "a=b=c\n", want: []Pair{{"a", "b=c"}}},
		"nothing is trimmed":                {file: " a = b \n", want: []Pair{{" a ", " b "}}},
		"empty value":                       {file: "a=\n", want: []Pair{{"a", ""}}},
		"empty key is let through":          {file: "=b\n", want: []Pair{{"", "b"}}},
		"a CR is a character":               {file: "a=b\r\n", want: []Pair{{"a", "b\r"}}},
		"a CR alone is no line break":       {file: "a=b\rc=d\n", want: []Pair{{"a", "b\rc=d"}}},
		"no comments":                       {file: "# a=b\n", want: []Pair{{"# a", "b"}}},
		"a byte order mark is taken off":    {file: "\ufeffa=b\n", want: []Pair{{"a", "b"}}},
		"but only one":                      {file: "\ufeff\ufeffa=b\n", want: []Pair{{"\ufeffa", "b"}}},
		"no UTF-8":                          {file: "a=\xff\xfe\n", want: []Pair{{"a", "\ufffd\ufffd"}}},
		"the last of a key is not told":     {file: "a=1\na=2\n", want: []Pair{{"a", "1"}, {"a", "2"}}},
		"heredoc":                           {file: "a<<EOF\none\ntwo\nEOF\nb=1\n", want: []Pair{{"a", "one\ntwo"}, {"b", "1"}}},
		"heredoc at the end of the file":    {file: "a<<EOF\none\nEOF", want: []Pair{{"a", "one"}}},
		"heredoc, empty":                    {file: "a<<EOF\nEOF\n", want: []Pair{{"a", ""}}},
		"heredoc, one empty line":           {file: "a<<EOF\n\nEOF\n", want: []Pair{{"a", ""}}},
		"heredoc, final line feed":          {file: "a<<EOF\none\n\nEOF\n", want: []Pair{{"a", "one\n"}}},
		"heredoc, empty lines kept":         {file: "a<<EOF\n\n\none\nEOF\n", want: []Pair{{"a", "\n\none"}}},
		"heredoc, pairs inside":             {file: "a<<EOF\nb=1\nc<<X\nEOF\n", want: []Pair{{"a", "b=1\nc<<X"}}},
		"heredoc, CRs kept":                 {file: "a<<EOF\none\r\ntwo\r\nEOF\n", want: []Pair{{"a", "one\r\ntwo\r"}}},
		"heredoc, CR in the delimiter":      {file: "a<<EOF\r\none\nEOF\r\n", want: []Pair{{"a", "one"}}},
		"heredoc, blanks in the delimiter":  {file: "a<< E F \none\n E F \n", want: []Pair{{"a", "one"}}},
		"heredoc, delimiter with more":      {file: "a<<EOF\nEOFx\n EOF\nEOF\n", want: []Pair{{"a", "EOFx\n EOF"}}},
		"heredoc, delimiter with arrows":    {file: "a<<b<<c\none\nb<<c\n", want: []Pair{{"a", "one"}}},
		"heredoc, delimiter with equals":    {file: "a<<b=c\none\nb=c\n", want: []Pair{{"a", "one"}}},
		"equals sign before arrows":         {file: "a=b<<EOF\n", want: []Pair{{"a", "b<<EOF"}}},
		"forged with a known delimiter":     {file: "a<<EOF\nx\nEOF\nadmin=true\nEOF=\n", want: []Pair{{"a", "x"}, {"admin", "true"}, {"EOF", ""}}},
		"neither":                           {file: "a=1\nnonsense\nb=2\n", want: []Pair{{"a", "1"}}, err: "neither key=value nor"},
		"blank line is not empty":           {file: " \n", err: "neither"},
		"heredoc without a key":             {file: "<<EOF\nx\nEOF\n", err: "key or delimiter is empty"},
		"heredoc without a delimiter":       {file: "a<<\nx\n\n", err: "key or delimiter is empty"},
		"heredoc without an end":            {file: "b=1\na<<EOF\none\ntwo\n", want: []Pair{{"b", "1"}}, err: `"EOF" not found`},
		"heredoc, last line without an end": {file: "a<<EOF\none", err: `"EOF" not found`},
		"heredoc, nothing follows":          {file: "a<<EOF", err: `"EOF" not found`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseFileCommands([]byte(tc.file))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error %v; want %q", err, tc.err)
			}
		})
	}
}
