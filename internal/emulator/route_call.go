package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// call is one request on its way through a handler. The state's mutex is held
// from enter to the reply.
type call struct {
	*state
	server  *Server
	request *http.Request
	route   *compiled
	params  map[string]string
	query   url.Values
	body    []byte
	now     time.Time
	id      string // activity, request or correlation id of the answer
	who     identity
	org     *organization // in Azure DevOps' areas
	app     *iotApp       // in IoT Central's
	usage   *usage        // in Azure DevOps' areas, while requests are counted
	tenant  *tenant       // in Entra's
	form    url.Values    // in Entra's
}

// param is the decoded value of a {name} segment of the route's pattern.
func (c *call) param(name string) string { return c.params[name] }

func (c *call) header(name string) string { return c.request.Header.Get(name) }

// decode reads the body as JSON; unknown members are ignored, as the services do.
func (c *call) decode(into any) error {
	return json.Unmarshal(bytes.TrimPrefix(c.body, []byte("\xef\xbb\xbf")), into)
}

// decodeStrictly is decode for control requests: what is misspelt is refused,
// because a test would pass by it.
func (c *call) decodeStrictly(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// reply is an answer before it is written.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func newReply(status int, contentType string, body []byte) reply {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return reply{status: status, header: h, body: body}
}

const jsonType = "application/json; charset=utf-8"

// jsonReply writes v as the services do: in one line, with < and > as they are.
func jsonReply(status int, v any) reply {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return newReply(http.StatusInternalServerError, "text/plain", []byte("encode an answer: "+err.Error()))
	}
	return newReply(status, jsonType, bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func htmlReply(status int, page string) reply {
	return newReply(status, "text/html; charset=utf-8", []byte(page))
}

func noContent() reply { return newReply(http.StatusNoContent, "", nil) }

func (r reply) with(name, value string) reply {
	r.header.Set(name, value)
	return r
}

func (r reply) write(w http.ResponseWriter) {
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}
