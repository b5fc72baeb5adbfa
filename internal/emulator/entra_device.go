package emulator

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Times of the device code flow (learn.microsoft.com, v2-oauth2-device-code).
// Entra's interval is 5 seconds; one second makes tests faster.
const (
	deviceCodeLife = 15 * time.Minute
	deviceInterval = time.Second
)

// deviceCode is a device code flow in progress.
type deviceCode struct {
	code, userCode string
	tenant         *tenant
	app            *application
	scope          string
	polls          int
	user           *user // user who approved it, or nil
	declined       bool
	expires        time.Time
}

// deviceRoutes are the page on which a person approves a sign-in.
func deviceRoutes() []route {
	page := func(method string, h handler) route {
		return route{area: openArea{}, method: method, pattern: "/devicelogin", handle: h}
	}
	return []route{
		page(http.MethodGet, func(*call) reply { return htmlReply(http.StatusOK, devicePage) }),
		page(http.MethodPost, approveByPage),
	}
}

const devicePage = `<!DOCTYPE html>
<html lang="en"><head><title>Enter the code</title></head>
<body><h1>Fake sign-in</h1><form method="post" action="/devicelogin">
<label>Code <input name="user_code" autofocus></label> <button>Approve as the first user</button>
</form></body></html>
`

func approveByPage(c *call) reply {
	if err := c.approveDevice(formOf(c.body).Get("user_code"), "", false); err != nil {
		return htmlReply(http.StatusNotFound, "<!DOCTYPE html>\n<p>This code does not exist.</p>\n")
	}
	return htmlReply(http.StatusOK, "<!DOCTYPE html>\n<p>Approved. You can close this page.</p>\n")
}

// startDevice starts a flow.
func startDevice(c *call) reply {
	app, problem := c.findClient()
	if problem != nil {
		return c.aadsts(*problem)
	}
	if _, _, problem := requestedScopes(c.tenant, c.form.Get("scope")); problem != nil {
		return c.aadsts(*problem)
	}
	c.devices = slices.DeleteFunc(c.devices, func(d *deviceCode) bool { return !c.now.Before(d.expires) })
	d := &deviceCode{
		code: "FAKE-DEVICE-" + rand.Text(), userCode: rand.Text()[:9], tenant: c.tenant, app: app,
		scope: c.form.Get("scope"), expires: c.now.Add(deviceCodeLife),
	}
	c.devices = append(c.devices, d)
	page := c.server.url + "/devicelogin"
	return jsonReply(http.StatusOK, map[string]any{
		"user_code": d.userCode, "device_code": d.code, "verification_uri": page,
		"expires_in": seconds(deviceCodeLife), "interval": seconds(deviceInterval),
		"message": fmt.Sprintf("To sign in, use a web browser to open the page %s and enter the code %s to authenticate.", page, d.userCode),
	})
}

// deviceGrant handles one poll.
func (c *call) deviceGrant(app *application) reply {
	i := slices.IndexFunc(c.devices, func(d *deviceCode) bool { return d.code == c.form.Get("device_code") && d.app == app })
	if i < 0 {
		return c.aadsts(badDeviceCode())
	}
	d := c.devices[i]
	switch {
	case !c.now.Before(d.expires):
		return c.aadsts(expiredDeviceCode())
	case d.declined:
		return c.aadsts(declinedDeviceCode())
	case d.tenant.Policy.BlockDeviceCode:
		return c.aadsts(blockedDeviceCode())
	}
	d.polls++
	if wanted := d.tenant.Policy.DevicePolls; d.user == nil && wanted >= 0 && d.polls > wanted {
		d.user = d.tenant.Users[0]
	}
	if d.user == nil {
		return c.aadsts(pendingDeviceCode())
	}
	c.devices = slices.Delete(c.devices, i, i+1) // a code gives one token
	return c.userToken(app, d.user, d.scope)
}

// ApproveDevice ends a device code flow in the name of the user (e-mail or id; "" is
// the first user of the tenant). If declined is true, the user refuses.
func (s *Server) ApproveDevice(userCode, user string, declined bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.approveDevice(userCode, user, declined)
}

func (st *state) approveDevice(userCode, user string, declined bool) error {
	i := slices.IndexFunc(st.devices, func(d *deviceCode) bool { return strings.EqualFold(d.userCode, userCode) })
	if i < 0 {
		return fmt.Errorf("no device code flow has the user code %q", userCode)
	}
	d := st.devices[i]
	d.declined = declined
	d.user = d.tenant.Users[0]
	if user != "" {
		_, d.user = st.user(user)
	}
	return nil
}
