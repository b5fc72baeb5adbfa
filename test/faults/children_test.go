//go:build unix

package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

// TestCommandsGetOnlyTheirToken checks the environment of exec's command, and the
// command line of azstep.
func TestCommandsGetOnlyTheirToken(t *testing.T) {
	t.Parallel()
	for _, at := range everywhere()[1:] {
		t.Run(at.String(), func(t *testing.T) {
			t.Parallel()
			h := newHunt(t, at)
			h.use("mint-pat", "scopes", "vso.code", "credential", h.user(""), "export-env", "MINTED")
			h.canaries(nil)
			h.put()
			h.words = []string{"exec", "mint-pat", "--", "sh", "-c", `cat /proc/self/environ > $TMPDIR/environ; cat /proc/$PPID/cmdline > $TMPDIR/above`}
			step, err := h.job.Step(h.inputs)
			if err != nil {
				t.Fatal(err)
			}
			if r := h.start(step, h.words...); r.Exit != 0 {
				t.Fatalf("exit %d\n%s", r.Exit, r.log(h.world))
			}
			minted := h.judgeEnvironment(t, h.read("environ"))
			for _, secret := range append(h.everySecret(), minted) {
				if forms := hosttest.Leaks([]byte(h.read("above")), secret); len(forms) > 0 {
					t.Errorf("the command line of azstep contains %.40q as %q", secret, forms)
				}
			}
		})
	}
}

// judgeEnvironment returns the token that a command received. The inputs with
// secrets must be missing; the other variables of the job stay.
func (h *hunt) judgeEnvironment(t *testing.T, environ string) (minted string) {
	t.Helper()
	for pair := range strings.SplitSeq(environ, "\x00") {
		key, value, _ := strings.Cut(pair, "=")
		if key == "MINTED" {
			minted = value
		}
		input := strings.TrimPrefix(strings.TrimPrefix(strings.ReplaceAll(strings.ToUpper(key), "-", "_"), "INPUT_"), "AZSTEP_")
		switch input {
		case "CREDENTIAL", "CLIENT_SECRET", "REFRESH_TOKEN":
			t.Errorf("the command has the variable %s", key)
		}
		if value == h.inputs["credential"] {
			t.Errorf("the command has the credential, as %s", key)
		}
	}
	if !strings.HasPrefix(minted, "FAKEPAT") {
		t.Errorf("the command has no token: %q", minted)
	}
	return minted
}

// put adds the variables to the job's environment.
func (h *hunt) put() {
	for key, value := range h.env {
		h.job.Env[key] = value
	}
}

func (h *hunt) read(name string) string {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.files(), name))
	if err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// TestTheAzureCLIGetsNoSecret puts a program named az on the PATH.
func TestTheAzureCLIGetsNoSecret(t *testing.T) {
	t.Parallel()
	h := newHunt(t, everywhere()[3])
	h.use("ensure-team", "team", "Quality assurance", "auth", "azure-cli")
	h.canaries(nil)
	answer, err := json.Marshal(map[string]any{
		"accessToken": h.user(""), "expiresOn": "2099-01-01 00:00:00.000000", "expires_on": 4070908800, "tokenType": "Bearer",
	})
	if err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\ncat /proc/$$/cmdline /proc/$PPID/cmdline > $TMPDIR/args\ncat <<'END'\n" + string(answer) + "\nEND\n"
	if err := os.WriteFile(filepath.Join(h.files(), "az"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	h.env["PATH"] = h.files() + ":" + os.Getenv("PATH")
	h.put()
	step, err := h.job.Step(h.inputs)
	if err != nil {
		t.Fatal(err)
	}
	r := h.start(step, "ensure-team")
	if r.Exit != 0 {
		t.Fatalf("exit %d\n%s", r.Exit, r.log(h.world))
	}
	for _, secret := range h.everySecret() {
		if forms := hosttest.Leaks([]byte(h.read("args")), secret); len(forms) > 0 {
			t.Errorf("the command line of az contains %.40q as %q", secret, forms)
		}
	}
	if err := os.Remove(filepath.Join(h.files(), "az")); err != nil {
		t.Fatal(err)
	}
	h.search(r)
}

// TestProxiesThatRepeatTheirPassword uses a proxy that requires a password, and some
// that repeat it in their answers.
func TestProxiesThatRepeatTheirPassword(t *testing.T) {
	t.Parallel()
	const password = "CANARY-PROXY-PASSWORD"
	for name, answer := range map[string]string{
		"good":          "HTTP/1.1 200 Connection established\r\n\r\n",
		"status line":   "HTTP/1.1 407 " + password + "\r\nContent-Length: 0\r\n\r\n",
		"body":          "HTTP/1.1 407 No\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\n" + password,
		"headers":       "HTTP/1.1 403 No\r\nProxy-Authenticate: Basic realm=" + password + "\r\nContent-Length: 0\r\n\r\n",
		"no HTTP":       password + "\r\n\r\n",
		"broken header": "HTTP/1.1 200 OK\r\n" + password + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, at := range everywhere() {
				h := newHunt(t, at)
				proxy := newProxy(t, strings.TrimPrefix(h.services.URL(), "https://"), answer)
				_, port, _ := strings.Cut(strings.TrimPrefix(h.services.URL(), "https://"), ":")
				h.use("mint-iot-token", "roles", "operator", "credential", h.user(emulator.IoTCentral),
					"application", "https://my-app.localhost:"+port, "trusted-hosts", "my-app.localhost:"+port, "ca-file", string(h.services.CAPEM()))
				h.env["HTTPS_PROXY"], h.env["AZSTEP_HOST"] = "http://user:"+password+"@"+strings.TrimPrefix(proxy.url(), "https://"), at.host
				h.put()
				step, err := h.job.Step(h.inputs)
				if err != nil {
					t.Fatal(err)
				}
				r := h.start(step, []string{"mint-iot-token"}...)
				if (r.Exit == 0) != (name == "good") {
					t.Errorf("%s: exit %d\n%s", at, r.Exit, r.log(h.world))
				}
				if proxy.close(); proxy.accepted == 0 {
					t.Error("the proxy received no request")
				}
				h.search(r)
			}
		})
	}
}

// newProxy returns a proxy that gives every CONNECT the same answer, and connects if
// that answer is a success.
func newProxy(t *testing.T, to, answer string) *relay {
	t.Helper()
	g, err := newRelay(to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	g.misbehave(func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		if request.Header.Get("Proxy-Authorization") == "" {
			t.Error("the proxy got no password")
		}
		_, _ = fmt.Fprint(c, answer)
		if strings.Contains(answer, " 200 Connection") {
			g.pass(c)
			return
		}
		_, _ = io.Copy(io.Discard, c)
	}, -1)
	return g
}
