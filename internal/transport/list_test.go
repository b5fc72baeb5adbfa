package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/azstep/azstep/internal/fault"
)

type item struct{ ID int }

// Page holds the members beside the list in these tests.
type Page struct {
	Continuation string `json:"continuationToken"`
	Next         string `json:"nextLink"`
}

func collect(into *[]int) func(item) error {
	return func(i item) error {
		*into = append(*into, i.ID)
		return nil
	}
}

func TestListReadsOneArray(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body   string
		header string
		want   []int
		page   Page
	}{
		"value":     {`{"count":2,"value":[{"id":1},{"id":2}]}`, "", []int{1, 2}, Page{}},
		"bom":       {"\ufeff" + `{"value":[{"id":1}]}`, "", []int{1}, Page{}},
		"empty":     {`{"value":[]}`, "", nil, Page{}},
		"null":      {` {"value":null} `, "", nil, Page{}},
		"next link": {`{"value":[{"id":3}],"nextLink":"https://x/y"}`, "", []int{3}, Page{Next: "https://x/y"}},
		"token":     {`{"continuationToken":"ab==","value":[{"id":3}],"other":{"value":[{"id":9}]}}`, "", []int{3}, Page{Continuation: "ab=="}},
		"end":       {`{"continuationToken":"","value":[],"patTokenError":"none"}`, "", nil, Page{}},
		"nulls":     {`{"continuationToken":null,"nextLink":null,"value":[{"id":3}]}`, "42", []int{3}, Page{}},
		"large":     {`{"value":[{"id":3}],"other":"` + strings.Repeat("x", maxBeside) + `","nextLink":"https://x/y"}`, "", []int{3}, Page{Next: "https://x/y"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, with(answer(200, jsonType, tt.body), "X-MS-ContinuationToken", tt.header, "ActivityId", "a-1"))
			var got []int
			var page Page
			reply, err := List(t.Context(), s.once(t), Call{Method: "GET", URL: at(s.URL)}, "value", &page, collect(&got))
			if err != nil || reply.Status != 200 || reply.RequestID != "a-1" {
				t.Fatalf("%+v %v", reply, err)
			}
			if diff := cmp.Diff(tt.want, got) + cmp.Diff(tt.page, page); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestListRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status     int
		kind, body string
		want       facts
	}{
		"no list":          {200, jsonType, `{"count":0}`, facts{fault.BadResponse, 200, true}},
		"two lists":        {200, jsonType, `{"value":[],"value":[]}`, facts{fault.BadResponse, 200, true}},
		"array":            {200, jsonType, `[{"id":1}]`, facts{fault.BadResponse, 200, true}},
		"object for array": {200, jsonType, `{"value":{"id":1}}`, facts{fault.BadResponse, 200, true}},
		"other elements":   {200, jsonType, `{"value":[{"id":"x"}]}`, facts{fault.BadResponse, 200, true}},
		"other token":      {200, jsonType, `{"continuationToken":7,"value":[]}`, facts{fault.BadResponse, 200, true}},
		"more after it":    {200, jsonType, `{"value":[]} {}`, facts{fault.BadResponse, 200, true}},
		"garbage after it": {200, jsonType, `{"value":[]} x`, facts{fault.BadResponse, 200, true}},
		"garbage":          {200, jsonType, `nope`, facts{fault.BadResponse, 200, true}},
		"empty":            {200, jsonType, ``, facts{fault.BadResponse, 200, true}},
		"cut":              {200, jsonType, `{"value":[{"id":1},`, facts{fault.BadResponse, 200, true}},
		"text":             {200, "text/plain", `{"value":[]}`, facts{fault.BadResponse, 200, true}},
		"page":             {200, htmlType, `<html>`, facts{fault.BadResponse, 200, true}},
		"many elements":    {200, jsonType, `{"value":[` + strings.Repeat(`{},`, maxCount) + `{}]}`, facts{fault.BadResponse, 200, true}},
		"403":              {403, jsonType, `{}`, facts{fault.PermissionDenied, 403, false}},
		"large element":    {200, jsonType, `{"value":[{"id":1,"x":"` + strings.Repeat("x", int(maxElement)+32<<10) + `"}]}`, facts{fault.BadResponse, 200, true}},
		"large member":     {200, jsonType, `{"x":"` + strings.Repeat("x", int(maxElement)+32<<10) + `","value":[]}`, facts{fault.BadResponse, 200, true}},
		"large name":       {200, jsonType, `{"` + strings.Repeat("x", int(maxElement)+32<<10) + `":1,"value":[]}`, facts{fault.BadResponse, 200, true}},
		"large space":      {200, jsonType, `{"value":[` + strings.Repeat(" ", int(maxElement)+32<<10) + `]}`, facts{fault.BadResponse, 200, true}},
		"deep":             {200, jsonType, `{"x":` + strings.Repeat("[", 20000), facts{fault.BadResponse, 200, true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, answer(tt.status, tt.kind, tt.body))
			var got []int
			_, err := List(t.Context(), s.once(t), Call{Method: "GET", URL: at(s.URL)}, "value", new(Page), collect(&got))
			f := fault.From(err)
			if f == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, facts{f.Code, f.Status, f.MaybeDone}); diff != "" {
				t.Errorf("-want +got\n%s\n%v", diff, err)
			}
		})
	}
}

func TestListElementOfTheLargestSizeIsRead(t *testing.T) {
	t.Parallel()
	element := `{"id":1,"x":"` + strings.Repeat("x", int(maxElement)-15) + `"}`
	s := newService(t, answer(200, jsonType, `{"value":[`+element+`,`+element+`]}`))
	var got []int
	if _, err := List(t.Context(), s.once(t), Call{Method: "GET", URL: at(s.URL)}, "value", nil, collect(&got)); err != nil || len(got) != 2 {
		t.Errorf("%d elements of %d bytes: %v", len(got), len(element), err)
	}
}

func TestListErrorOfEachEndsIt(t *testing.T) {
	t.Parallel()
	s := newService(t, answer(200, jsonType, `{"value":[{"id":1},{"id":2}]}`))
	enough, calls := errors.New("enough"), 0
	_, err := List(t.Context(), NewCaller(s.transport(t, Options{}), bearer), Call{Method: "GET", URL: at(s.URL)}, "value", nil, func(item) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 || s.requests.Load() != 1 {
		t.Errorf("%v after %d calls and %d requests", err, calls, s.requests.Load())
	}
}

func TestListGoesOnAfterABrokenBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		part := func(n int) http.HandlerFunc {
			return func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", jsonType)
				_, _ = io.WriteString(w, `{"continuationToken":"stale-`+fmt.Sprint(n)+`","value":[`)
				for i := range n {
					_, _ = fmt.Fprintf(w, `{"id":%d},`, i)
				}
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
		}
		s, tr := pipes(t, Options{}, inOrder(part(3), part(2), part(4), answer(200, jsonType, `{"value":[{"id":0},{"id":1},{"id":2},{"id":3},{"id":4}]}`)))
		var got []int
		var page Page
		_, err := List(t.Context(), NewCaller(tr, bearer), Call{Method: "GET", URL: at(target)}, "value", &page, collect(&got))
		if err != nil || page != (Page{}) || s.requests.Load() != 4 {
			t.Errorf("%+v, %d requests, %v", page, s.requests.Load(), err)
		}
		if diff := cmp.Diff([]int{0, 1, 2, 3, 4}, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}

// many writes a list of n elements of about 1 kB each.
func many(n int) http.HandlerFunc {
	rest := `,"rest":"` + strings.Repeat("x", 1000) + `"}`
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		_, _ = io.WriteString(w, `{"value":[{"id":0`+rest)
		for i := range n - 1 {
			_, _ = io.WriteString(w, `,{"id":`+strconv.Itoa(i+1)+rest)
		}
		_, _ = io.WriteString(w, `]}`)
	}
}

// bomb writes a list of n MiB whose compressed form is small.
func bomb(n int) http.HandlerFunc {
	var element bytes.Buffer
	z := gzip.NewWriter(&element)
	_, _ = io.WriteString(z, `{"id":1,"rest":"`+strings.Repeat("x", 1<<20)+`"},`)
	_ = z.Close()
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("Content-Encoding", "gzip")
		start := gzip.NewWriter(w)
		_, _ = io.WriteString(start, `{"value":[`)
		_ = start.Close()
		for range n {
			_, _ = w.Write(element.Bytes())
		}
	}
}

// The test is not parallel, because it measures the memory of the whole process.
func TestListOfAHundredThousandElementsNeedsNoMoreMemory(t *testing.T) {
	s := newService(t, many(1e5))
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var most uint64
	next := 0
	_, err := List(t.Context(), s.once(t), Call{Method: "GET", URL: at(s.URL)}, "value", nil, func(i item) error {
		if i.ID != next {
			return fmt.Errorf("got element %d, want %d", i.ID, next)
		}
		if next++; next%10000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		return nil
	})
	if err != nil || next != 1e5 {
		t.Fatalf("%d elements: %v", next, err)
	}
	if grown := int64(most) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("a list of 100 MB used %d bytes of memory", grown)
	}
}

func TestListIsReadUpToItsCap(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 256 MiB")
	}
	t.Parallel()
	s := newService(t, bomb(300))
	n := 0
	_, err := List(t.Context(), s.once(t), Call{Method: "GET", URL: at(s.URL)}, "value", nil, func(item) error { n++; return nil })
	if !fault.Is(err, fault.BadResponse) || !strings.Contains(err.Error(), "larger") || n != 255 {
		t.Errorf("after %d elements: %v", n, err)
	}
}

func BenchmarkList(b *testing.B) {
	const n = 1000
	s := newService(b, many(n))
	tr := New(Options{Trust: trusting(b, s.ca())})
	defer tr.Close()
	c := NewCaller(tr, bearer)
	b.SetBytes(n * 1020)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := List(b.Context(), c, Call{Method: "GET", URL: at(s.URL)}, "value", nil, func(item) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
