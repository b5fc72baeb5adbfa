package emulator

import (
	"encoding/base64"
	"strconv"
)

// top is the query's $top between 1 and most, or usual when there is none.
func (c *call) top(usual, most int) int {
	n, err := strconv.Atoi(c.query.Get("$top"))
	if err != nil || n < 1 {
		return min(usual, most)
	}
	return min(n, most)
}

// window cuts a list by $skip and $top.
func window[T any](c *call, all []T, usual, most int) []T {
	skip, err := strconv.Atoi(c.query.Get("$skip"))
	if err != nil || skip < 0 {
		skip = 0
	}
	rest := all[min(skip, len(all)):]
	return rest[:min(c.top(usual, most), len(rest))]
}

// continued cuts a list by the query's continuationToken and $top, and returns
// the token of the next page, "" at the end.
func continued[T any](c *call, all []T, usual, most int) (page []T, next string) {
	from := 0
	if plain, err := base64.RawURLEncoding.DecodeString(c.query.Get("continuationToken")); err == nil {
		from, _ = strconv.Atoi(string(plain))
	}
	from = max(0, min(from, len(all)))
	to := min(from+c.top(usual, most), len(all))
	if to < len(all) {
		next = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	}
	return all[from:to], next
}

// listReply is the usual shape of Azure DevOps' lists; next, unless empty, goes
// into the header X-MS-ContinuationToken.
func listReply[T any](items []T, next string) reply {
	if items == nil {
		items = []T{}
	}
	answer := jsonReply(200, map[string]any{"count": len(items), "value": items})
	if next != "" {
		answer.header.Set("X-MS-ContinuationToken", next)
	}
	return answer
}

// continuedByNumber is for lists whose continuation token is the number of
// elements that have been fetched.
func continuedByNumber[T any](c *call, all []T, usual int) (page []T, next string) {
	from, _ := strconv.Atoi(c.query.Get("continuationToken"))
	from = max(0, min(from, len(all)))
	to := min(from+c.top(usual, c.atMost(len(all))), len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next
}
