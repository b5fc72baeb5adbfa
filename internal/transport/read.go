package transport

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// body is the body of a success before it is read.
type body struct {
	x     *exchange
	resp  *http.Response
	meter *meter
	in    *bufio.Reader
}

// Azure DevOps begins some responses with a byte order mark.
const bom = "\ufeff"

func (x *exchange) read(resp *http.Response) *failure {
	m := capped(resp.Body, maxObject)
	b := body{x: x, resp: resp, meter: m, in: bufio.NewReader(m)}
	if start, _ := b.in.Peek(len(bom)); string(start) == bom {
		_, _ = b.in.Discard(len(bom))
	}
	if start, _ := b.in.Peek(512); isPage(resp.Header, start) {
		return b.page()
	}
	return x.reader(b)
}

// object decodes the body into the value that into points to.
func (b body) object(into any) *failure {
	if into == nil || b.x.call.Empty && b.isEmpty() {
		return b.ignored()
	}
	if f := b.wantJSON(); f != nil {
		return f
	}
	text, err := io.ReadAll(b.in)
	if err != nil {
		return b.brokeOff(err)
	}
	if text = bytes.TrimSpace(text); len(text) == 0 || string(text) == "null" {
		return b.bad(repeatable, "the response is empty")
	}
	if err := json.Unmarshal(text, into); err != nil {
		return b.undecodable(err)
	}
	if f := b.refusal(into); f != nil || !b.x.call.Empty {
		return f
	}
	return b.error(text)
}

// refusal returns the error in a response that has the status of a success.
func (b body) refusal(into any) *failure {
	if r, ok := into.(Refuser); ok {
		if f := r.Refused(b.x.answer(b.resp)); f != nil {
			return &failure{fault: b.withDetails(f)}
		}
	}
	return nil
}

// isEmpty reports whether the body is empty.
func (b body) isEmpty() bool {
	_, err := b.in.Peek(1)
	return errors.Is(err, io.EOF)
}

// ignored handles a response whose content does not matter: it must be empty, or
// JSON. Anything else may come from a proxy and does not prove that a credential was
// revoked.
func (b body) ignored() *failure {
	text, err := io.ReadAll(b.in)
	switch {
	case err != nil:
		return b.brokeOff(err)
	case len(bytes.TrimSpace(text)) == 0:
		return nil
	}
	if f := b.wantJSON(); f != nil {
		return f
	}
	if !json.Valid(text) {
		return b.undecodable(new(json.SyntaxError))
	}
	return b.error(text)
}

// error handles the body of a success whose content does not matter otherwise.
func (b body) error(text []byte) *failure {
	if saysError(text) {
		return b.bad(never, "HTTP %d, and an error in the response", b.resp.StatusCode)
	}
	return nil
}

// saysError finds an error in the body of a success whose content does not matter
// otherwise.
func saysError(text []byte) bool {
	var answer map[string]json.RawMessage
	if json.Unmarshal(text, &answer) != nil {
		return false
	}
	for name, value := range answer {
		name = strings.ToLower(name)
		empty := slices.Contains([]string{"null", `""`, "0", "[]", "{}", "false"}, string(bytes.TrimSpace(value)))
		if !empty && slices.Contains([]string{"error", "errors", "errorcode", "typekey", "message"}, name) {
			return true
		}
		if name == "value" && saysError(value) {
			return true
		}
	}
	return false
}

func (b body) wantJSON() *failure {
	if isJSON(b.resp.Header) {
		return nil
	}
	kind := cmp.Or(b.resp.Header.Get("Content-Type"), "something without a Content-Type")
	return b.bad(never, "the response is not JSON but %s", b.x.secret.clean(kind))
}

// undecodable never quotes the decoder, whose message may contain part of the body.
func (b body) undecodable(err error) *failure {
	if errors.Is(err, ErrTooLarge) {
		return b.bad(never, "%w", ErrTooLarge)
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return b.bad(repeatable, "the response is not valid JSON or is incomplete")
	}
	return b.bad(never, "the response's JSON does not have the documented structure")
}

// brokeOff returns the failure for a body that could not be read to its end.
func (b body) brokeOff(err error) *failure {
	if errors.Is(err, ErrTooLarge) {
		return b.bad(never, "%w", ErrTooLarge)
	}
	f := b.bad(repeatable, "the response ended early: %s", b.x.secret.clean(err.Error()))
	if !isCorrupt(err) {
		f.fault.Code = fault.Network
	}
	return f
}

// isCorrupt reports whether a compressed body arrived but cannot be decompressed.
func isCorrupt(err error) bool {
	_, flawed := errors.AsType[flate.CorruptInputError](err)
	return flawed || errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum)
}

func (b body) bad(a again, format string, args ...any) *failure {
	f := fault.New(fault.BadResponse, "%s: "+format, append([]any{b.x.what}, args...)...)
	f.MaybeDone = true
	return &failure{fault: b.withDetails(f), again: a}
}

// page returns the failure for a web page instead of the response.
func (b body) page() *failure {
	text, err := io.ReadAll(io.LimitReader(b.in, maxRefusal))
	return b.x.refused(b.resp, text, err != nil)
}

// withDetails adds the facts that a support ticket needs.
func (b body) withDetails(f *fault.Error) *fault.Error {
	f.Status, f.RequestID, f.Date = b.resp.StatusCode, b.x.reply.RequestID, b.x.reply.Date()
	return f
}

func mediaType(h http.Header) string {
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

func isJSON(h http.Header) bool {
	kind := mediaType(h)
	return kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

// isPage reports whether a response is a web page, by its content type or, if that
// is neither HTML nor JSON, by how it begins.
func isPage(h http.Header, start []byte) bool {
	kind := mediaType(h)
	return kind == "text/html" || kind == "application/xhtml+xml" ||
		!isJSON(h) && strings.HasPrefix(http.DetectContentType(start), "text/html")
}
