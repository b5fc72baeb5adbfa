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

// A handler handles one request; see the package documentation.
type handler func(*call) reply

// An area is a service. It decides who may call it, and what its responses have in
// common. Areas have no fields; their state is in [state].
type area interface {
	// enter authenticates the call. If it returns a reply, the call ends.
	enter(*call) *reply
	// finish adds the headers that every response of the service has.
	finish(*call, *reply)
}

// route is a row of the table.
type route struct {
	area    area
	method  string
	pattern string   // segments are literal (case is ignored) or {name}
	scopes  []string // the token needs one of them; any token is accepted if empty
	callers kinds    // kinds of credentials that are accepted; 0 means all
	noPage  bool     // rejected callers are redirected and never get 203
	handle  handler
}

// routes is the table of all routes. Add new areas here.
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

// routeTable looks up routes by their number of segments, then one by one.
type routeTable map[int][]compiled

type compiled struct {
	route
	segments []string
	location *location // only in Azure DevOps' areas; nil for discovery requests
}

func newRouteTable(all []route, known []location) routeTable {
	table := routeTable{}
	for _, r := range all {
		segments := strings.Split(strings.Trim(r.pattern, "/"), "/")
		table[len(segments)] = append(table[len(segments)], compiled{r, segments, locate(r.pattern, known)})
	}
	return table
}

// find returns the route for a method and an escaped path, and the values of its
// parameters. If there is none, others reports whether another method has a route.
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
		// OPTIONS is only for discovery.
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

// splitPath decodes each segment separately, so that %2F stays in its segment.
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

// call is a request that is being handled. The state's mutex is held from enter to
// the reply.
type call struct {
	*state
	server  *Server
	request *http.Request
	route   *compiled
	params  map[string]string
	query   url.Values
	body    []byte
	now     time.Time
	id      string // activity, request or correlation id of the response
	who     identity
	org     *organization // only in Azure DevOps' areas
	app     *iotApp       // only in IoT Central's area
	usage   *usage        // only in Azure DevOps' areas, if requests are counted
	tenant  *tenant       // only in Entra's area
	form    url.Values    // only in Entra's area
}

// param returns the decoded value of a {name} segment of the route's pattern.
func (c *call) param(name string) string { return c.params[name] }

func (c *call) header(name string) string { return c.request.Header.Get(name) }

// decode decodes the JSON body and, like the services, ignores unknown members.
func (c *call) decode(into any) error {
	return json.Unmarshal(bytes.TrimPrefix(c.body, []byte("\xef\xbb\xbf")), into)
}

// decodeStrictly is decode for control requests. Unknown members are errors, because
// a misspelled one would let a test pass.
func (c *call) decodeStrictly(into any) error {
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// reply is a response before it is written.
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

// jsonReply encodes v like the services: on one line, with < and > unescaped.
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
