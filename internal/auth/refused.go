package auth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// answer is a service's answer that is not the one hoped for.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	secrets []string // what was sent, lest the answer repeat it
	told    claims   // of the assertion that was sent, if any
}

// entraError is the error answer of a token endpoint: RFC 6749, 5.2, with the
// members that Entra adds ("Error response" in its protocol documentation).
type entraError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Numbers     []int  `json:"error_codes"`
	TraceID     string `json:"trace_id"`
	Correlation string `json:"correlation_id"`
}

var entraNumber = pattern.New(`AADSTS([0-9]{5,9})`)

const notEntra = "check authority-host, and whether a proxy answers in Entra's place"

// refused explains why Entra gave no token.
func (r registration) refused(a answer) *fault.Error {
	doing := "get an Entra token from " + hostOf(r.authority)
	var e entraError
	if busy := a.busy(doing); busy != nil {
		return busy
	}
	if json.Unmarshal(a.body, &e) != nil || e.Error == "" {
		return a.mark(fault.New(fault.BadResponse, "%s: HTTP %d, and no answer of Entra's", doing, a.status).
			With(notEntra))
	}
	explained := r.explain(doing, e, a)
	explained.Status = a.status
	explained.RequestID = requestID(e.TraceID, e.Correlation, a.header.Get("X-Ms-Request-Id"))
	return explained
}

func (r registration) explain(doing string, e entraError, a answer) *fault.Error {
	numbers := e.Numbers
	if len(numbers) == 0 {
		numbers = numbersIn(e.Description)
	}
	said := firstLine(e.Description, a.secrets...)
	if said == "" {
		said = firstLine(e.Error, a.secrets...)
	}
	known, ok := findRefusal(numbers)
	if !ok {
		return fault.New(fault.CredentialRejected, "%s: %s", doing, said).With(lookUp(numbers))
	}
	if i := slices.IndexFunc(numbers, known.bears); !known.quoted && i >= 0 {
		said = fmt.Sprintf("AADSTS%d", numbers[i])
	}
	fill := r.filler(a.told)
	f := fault.New(known.code, "%s: %s (%s)", doing, fill.Replace(known.text), said)
	for _, hint := range known.hints {
		f.Hints = append(f.Hints, fill.Replace(hint))
	}
	return f
}

// numbersIn finds the error number that Entra's texts begin with.
func numbersIn(text string) []int {
	found := entraNumber.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	n, _ := strconv.Atoi(found[1]) // nine digits at most
	return []int{n}
}

// lookUp is the hint for a number that is not in the table. Entra serves the
// page for every number it has.
func lookUp(numbers []int) string {
	if len(numbers) == 0 {
		return "check tenant-id, client-id and what goes with them; an Entra administrator finds the sign-in under Sign-in logs, by the request id"
	}
	return fmt.Sprintf("what the number means: https://login.microsoftonline.com/error?code=%d; an Entra administrator finds the sign-in under Sign-in logs, by the request id", numbers[0])
}

// busy is the error of a service that went on promising another answer at
// another time, or nil.
func (a answer) busy(doing string) *fault.Error {
	code := fault.ServiceUnavailable
	switch {
	case a.status == http.StatusTooManyRequests:
		code = fault.RateLimited
	case a.status < 500 && a.status != http.StatusRequestTimeout:
		return nil
	}
	if wait, ok := retryAfter(a.header, time.Now()); ok && wait > 0 {
		f := fault.New(code, "%s: HTTP %d, and asks to wait %s", doing, a.status, wait.Round(time.Millisecond))
		f.RetryAfter = wait
		return a.mark(f)
	}
	return a.mark(fault.New(code, "%s: HTTP %d to every attempt", doing, a.status))
}

// mark adds the facts that a support ticket needs.
func (a answer) mark(f *fault.Error) *fault.Error {
	f.Status = a.status
	f.RequestID = requestID(a.header.Get("X-Ms-Request-Id"), a.header.Get("X-Vss-E2eid"),
		a.header.Get("Activityid"), a.header.Get("X-Github-Request-Id"))
	return f
}

// hostOf is the host of an https address that was checked before.
func hostOf(address string) string {
	host := strings.TrimPrefix(address, "https://")
	if end := strings.IndexAny(host, "/?"); end >= 0 {
		host = host[:end]
	}
	return strings.ToLower(host)
}
