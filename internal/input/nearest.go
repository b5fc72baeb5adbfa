package input

import (
	"slices"
	"strings"
)

// Nearest returns the known word that a misspelled one probably stands for. Case and
// underscores are ignored. ok is false if no known word is similar enough: at most a
// third of the letters may differ.
func Nearest(word string, known []string) (best string, ok bool) {
	best = slices.MinFunc(known, func(a, b string) int { return edits(word, a) - edits(word, b) })
	return best, edits(word, best) <= max(1, max(len(word), len(best))/3)
}

// edits returns how many letters of a must be inserted, removed, replaced or swapped
// with a neighbor to get b (the optimal string alignment distance).
func edits(a, b string) int {
	a, b = letters(a), letters(b)
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range above {
		above[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j]+cost, row[j]+1, above[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, above, row = above, row, before
	}
	return above[len(b)]
}

func letters(word string) string { return strings.ReplaceAll(strings.ToLower(word), "_", "") }
