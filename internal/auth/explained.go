package auth

import "github.com/azstep/azstep/internal/fault"

// Explanation is what azstep makes of some of Entra's error numbers (AADSTS…),
// for the documentation. In Text and Hints {client}, {tenant}, {scope},
// {issuer}, {subject} and {audience} stand for a run's own.
type Explanation struct {
	Numbers []int
	Code    fault.Code
	Text    string
	Hints   []string
}

// Explanations are all of them, in the order of the table.
func Explanations() []Explanation {
	var all []Explanation
	for _, r := range refusals() {
		all = append(all, Explanation{r.numbers, r.code, r.text, r.hints})
	}
	return all
}
