package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A handler answers one request; see the package documentation.
type handler func(*call) reply

// An area is a service: who may come in, and what its answers have in common.
// Areas have no fields; their state is in [state].
type area interface {
	// enter authenticates the call. A reply that is not nil ends the call.
	enter(*call) *reply
	// finish adds the headers that every answer of the service has.
	finish(*call, *reply)
}

// route is one row of the table.
type route struct {
	area    area
	method  string
	pattern string   // segments: literal (case is ignored) or {name}
	scopes  []string // a token needs one of them; none means any token will do
	callers kinds    // whose credentials are taken; 0 means everybody's
	noPage  bool     // whoever is not believed is redirected, and never gets 203
	handle  handler
}

// routes is the table of everything that is served. A new area is added here.
func routes() []route {
	return slices.Concat(
		discoveryRoutes(),
		patRoutes(),
		projectRoutes(),
		teamRoutes(),
		permissionRoutes(),
		checkRoutes(),
		authorizedRoutes(),
		lookupRoutes(),
		allRepositoryRoutes(),
		iotRoutes(),
		viewRoutes(),
		guardRoutes(),
		signInRoutes(),
		entraRoutes(),
		deviceRoutes(),
		hostRoutes(),
		managedRoutes(),
		controlRoutes(),
	)
}

// routeTable finds routes by their number of segments, then one by one.
type routeTable map[int][]compiled

type compiled struct {
	route
	segments []string
	location *location // in Azure DevOps' areas; nil for what finds the others
}

func newRouteTable(all []route, known []location) routeTable {
	table := routeTable{}
	for _, r := range all {
		segments := strings.Split(strings.Trim(r.pattern, "/"), "/")
		table[len(segments)] = append(table[len(segments)], compiled{r, segments, locate(r.pattern, known)})
	}
	return table
}

// find returns the route for a method and an escaped path, with the values of
// its parameters. Without a route, others says that another method has one.
func (t routeTable) find(method, path string) (found *compiled, params map[string]string, others bool) {
	segments, ok := splitPath(path)
	if !ok {
		return nil, nil, false
	}
	for i := range t[len(segments)] {
		candidate := &t[len(segments)][i]
		values, ok := candidate.match(segments)
		if !ok {
			continue
		}
		if candidate.method == method {
			return candidate, values, false
		}
		// OPTIONS only asks where things are.
		others = others || candidate.method != http.MethodOptions
	}
	return nil, nil, others
}

func (c *compiled) match(segments []string) (map[string]string, bool) {
	values := map[string]string{}
	for i, want := range c.segments {
		if strings.HasPrefix(want, "{") {
			values[strings.Trim(want, "{}")] = segments[i]
		} else if !strings.EqualFold(want, segments[i]) {
			return nil, false
		}
	}
	return values, true
}

// splitPath decodes each segment by itself, so that %2F stays in its segment.
func splitPath(escaped string) ([]string, bool) {
	segments := strings.Split(strings.Trim(escaped, "/"), "/")
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = plain
	}
	return segments, true
}

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
