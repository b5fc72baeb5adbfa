package emulator

import "net/http"

func controlRoute(method, path string, h handler) route {
	return route{area: openArea{}, method: method, pattern: controlPrefix + path, handle: h}
}

// viewRoutes are the control requests of the areas below projects and of IoT
// Central: what there is, and how it behaves.
func viewRoutes() []route {
	return []route{
		controlRoute(http.MethodPut, "quirks", controlQuirks),
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
