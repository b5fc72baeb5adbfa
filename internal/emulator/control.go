package emulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// controlRoutes let another process do what a test does with the Go API. They need
// no credential: everything here is fake.
func controlRoutes() []route {
	control := func(method, path string, h handler) route {
		return route{area: openArea{}, method: method, pattern: controlPrefix + path, handle: h}
	}
	return []route{
		control(http.MethodGet, "requests", controlRequests),
		control(http.MethodPost, "reset", controlReset),
		control(http.MethodPost, "faults", controlAddFaults),
		control(http.MethodDelete, "faults", controlClearFaults),
		control(http.MethodGet, "state/pats", controlPATs),
		control(http.MethodPut, "policies/{org}", controlPolicy),
		control(http.MethodPut, "entra/{tenant}", controlEntra),
		control(http.MethodPost, "device", controlDevice),
		control(http.MethodPut, "github", controlGitHub),
		control(http.MethodPost, "convert", controlConvert),
		control(http.MethodPost, "token", controlToken),
		control(http.MethodPost, "clock", controlClock),
	}
}

// controlRequests returns [Server.Requests] and [Server.Connections]. With ?after=7,
// value holds only the requests after the seventh, for clients that poll.
func controlRequests(c *call) reply {
	after := 0
	if text := c.query.Get("after"); text != "" {
		var err error
		if after, err = strconv.Atoi(text); err != nil || after < 0 {
			return badControl(fmt.Errorf("after: %q is not the number of a request", text))
		}
	}
	log := c.server.log
	return jsonReply(http.StatusOK, map[string]any{"connections": log.connections, "count": log.added, "value": log.entries(after)})
}

// controlReset is [Server.Reset] for a caller that holds the mutex.
func controlReset(c *call) reply {
	fresh, err := newState(c.server.options.Seed)
	if err != nil {
		return badControl(err)
	}
	c.server.st, c.server.log = fresh, newRequestLog(c.server.options.LogSize)
	return noContent()
}

// controlAddFaults takes one fault: {"method":"POST","path":"*/pats","kind":"drop-after"}.
func controlAddFaults(c *call) reply {
	var f Fault
	if err := c.decodeStrictly(&f); err != nil {
		return badControl(err)
	}
	if err := c.addFaults([]Fault{f}); err != nil {
		return badControl(err)
	}
	return noContent()
}

// controlClearFaults removes all faults, or with ?host=127.0.0.1:8443 those for that
// host.
func controlClearFaults(c *call) reply {
	if host := c.query.Get("host"); host != "" {
		c.clearFaultsOf(host)
	} else {
		c.faults = nil
	}
	return noContent()
}

func controlPATs(c *call) reply { return listReply(c.allPATs(c.now), "") }

// controlPolicy takes a [PATPolicy].
func controlPolicy(c *call) reply {
	var p PATPolicy
	if err := c.decodeStrictly(&p); err != nil {
		return badControl(err)
	}
	if err := c.setPATPolicy(c.param("org"), p); err != nil {
		return badControl(err)
	}
	return noContent()
}

// controlEntra takes an [EntraPolicy].
func controlEntra(c *call) reply {
	var p EntraPolicy
	if err := c.decodeStrictly(&p); err != nil {
		return badControl(err)
	}
	if err := c.setEntraPolicy(c.param("tenant"), p); err != nil {
		return badControl(err)
	}
	return noContent()
}

// controlDevice is [Server.ApproveDevice]: {"userCode":"...","user":"...","declined":false}.
func controlDevice(c *call) reply {
	var body struct {
		UserCode, User string
		Declined       bool
	}
	if err := c.decodeStrictly(&body); err != nil {
		return badControl(err)
	}
	if err := c.approveDevice(body.UserCode, body.User, body.Declined); err != nil {
		return badControl(err)
	}
	return noContent()
}

// controlGitHub is [Server.SetGitHub]: {"subject":"repo:...","issuer":"https://...","immutable":true}.
func controlGitHub(c *call) reply {
	var o GitHubOptions
	if err := c.decodeStrictly(&o); err != nil {
		return badControl(err)
	}
	c.setGitHub(o)
	return noContent()
}

// controlConvert is [Server.ConvertConnection]: {"connection":"deploy"}.
func controlConvert(c *call) reply {
	var body struct{ Connection string }
	if err := c.decodeStrictly(&body); err != nil {
		return badControl(err)
	}
	if err := c.convertConnection(body.Connection); err != nil {
		return badControl(err)
	}
	return noContent()
}

// controlClock takes {"advance":"1h"}.
func controlClock(c *call) reply {
	var body struct{ Advance string }
	if err := c.decodeStrictly(&body); err != nil {
		return badControl(err)
	}
	d, err := time.ParseDuration(body.Advance)
	if err != nil {
		return badControl(err)
	}
	c.skew += d
	return noContent()
}

func badControl(err error) reply {
	return jsonReply(http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func controlRoute(method, path string, h handler) route {
	return route{area: openArea{}, method: method, pattern: controlPrefix + path, handle: h}
}

// viewRoutes are the control requests that show the state of Azure DevOps and IoT
// Central, and change their behavior.
func viewRoutes() []route {
	return []route{
		controlRoute(http.MethodPut, "quirks", controlQuirks),
		controlRoute(http.MethodPut, "server", controlServer),
		controlRoute(http.MethodPut, "ratelimit", controlRateLimit),
		controlRoute(http.MethodPost, "bulk/{org}/{project}", controlBulk),
		controlRoute(http.MethodPut, "iot", controlIoT),
		controlRoute(http.MethodPut, "iot/{application}", controlIoT),
		controlRoute(http.MethodGet, "state/counts", func(c *call) reply { return jsonReply(http.StatusOK, c.counts) }),
		controlRoute(http.MethodGet, "state/apitokens", func(c *call) reply { return listReply(c.allAPITokens(c.now), "") }),
		controlRoute(http.MethodGet, "state/permissions", func(c *call) reply { return listReply(c.allPermissions(), "") }),
		controlRoute(http.MethodGet, "state/teams", func(c *call) reply { return listReply(c.allTeams(), "") }),
	}
}
