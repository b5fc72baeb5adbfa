package transport

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzList compares the reader of long lists with encoding/json: what it accepts is
// valid JSON, and it passes on every element once, even if an earlier response broke
// off.
func FuzzList(f *testing.F) {
	for _, text := range []string{
		`{"count":2,"value":[{"id":1},{"id":2}]}`, "\ufeff" + `{"value":[]}`, `{"value":null,"nextLink":"https://x/y"}`, `{"value":[1],"value":[2]}`,
		`{"continuationToken":"ab==","value":[{"id":3}],"other":{"value":[{"id":9}]}}`, `{"value":[],"patTokenError":"none"}`, `{"value":[1]} x`, `[]`, `{"value":{}}`,
	} {
		f.Add(text, uint16(len(text)/2))
		f.Add(text, uint16(0))
	}
	f.Fuzz(func(t *testing.T, text string, cut uint16) {
		var handed []json.RawMessage
		l := &list{key: "value"}
		l.hand = func() error {
			var element json.RawMessage
			err := l.json.Decode(&element)
			if err == nil {
				handed = append(handed, element)
				l.handed++
			}
			return err
		}
		if n := int(cut); n < len(text) && answered(l, text[:n]) == nil {
			t.Skip("complete before the cut")
		}
		if answered(l, text) != nil {
			return
		}
		var members map[string]json.RawMessage // a struct's fields would match in any case
		var want []json.RawMessage
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text, bom)), &members); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if err := json.Unmarshal(members["value"], &want); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		if diff := cmp.Diff(texts(want), texts(handed)); diff != "" {
			t.Errorf("the elements of %q (-want +got):\n%s", text, diff)
		}
	})
}

func answered(l *list, text string) *failure {
	x := &exchange{what: "GET x", reader: l.read}
	return x.read(&http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(text)),
	})
}

func texts(elements []json.RawMessage) (all []string) {
	for _, e := range elements {
		all = append(all, string(e))
	}
	return all
}
