//go:build e2e && unix

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLoginInABrowser lets a headless Chromium complete a sign-in, from the address
// that azstep opens to the page that says that it can be closed.
func TestLoginInABrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT TESTED in a browser: chromium is not installed (apt-get install chromium)")
	}
	s := newEmulator(t)
	dir := t.TempDir()
	azstep := startLogin(t, dir, s.URL(), s.CAPEM())
	address := azstep.opened(t)
	b := startChromium(t, path)
	b.call(t, "Page.navigate", map[string]any{"url": address})
	b.until(t, `document.querySelector("button[value=accept]") !== null`)
	b.evaluate(t, `document.querySelector("button[value=accept]").click()`)
	b.until(t, `document.body !== null && document.body.innerText.includes("You are signed in. You can close this page.")`)
	if shown := b.evaluate(t, `document.body.innerText`); strings.Contains(fmt.Sprint(shown), "FAKE-") {
		t.Errorf("the page shows a secret: %v", shown)
	}
	token := azstep.token(t)
	noLeak(t, "stderr", azstep.stderr.Bytes(), token)
	if !strings.Contains(azstep.stderr.String(), "signed in as Jamal Hartnett") {
		t.Errorf("azstep did not say who signed in:\n%s", &azstep.stderr)
	}
}

// signingIn is a running azstep login. The program that it starts as the browser
// stores the address to open.
type signingIn struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	address        string // the file with the address
}

func startLogin(t *testing.T, dir, authority string, ca []byte) *signingIn {
	t.Helper()
	program, opener := filepath.Join(dir, "azstep"), filepath.Join(dir, "opener")
	l := &signingIn{address: filepath.Join(dir, "address")}
	if said, err := exec.Command("go", "build", "-o", program, "github.com/azstep/azstep").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for path, text := range map[string]string{
		opener:                       "#!/bin/sh\necho \"$1\" >'" + l.address + ".new' && mv '" + l.address + ".new' '" + l.address + "'\n",
		filepath.Join(dir, "ca.pem"): string(ca),
	} {
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	l.cmd = exec.CommandContext(t.Context(), program, "login")
	l.cmd.Stdout, l.cmd.Stderr = &l.stdout, &l.stderr
	l.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "BROWSER=" + opener, "AZSTEP_AUTHORITY_HOST=" + authority, "AZSTEP_CA_FILE=" + filepath.Join(dir, "ca.pem"),
		"AZSTEP_TENANT_ID=fabrikam.example", "AZSTEP_CLIENT_ID=0fab0000-0000-4000-8000-0000000000a3",
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *signingIn) opened(t *testing.T) (address string) {
	t.Helper()
	eventually(t, "the opening of a browser", func() bool {
		text, err := os.ReadFile(l.address)
		address = strings.TrimSpace(string(text))
		return err == nil
	})
	return address
}

func (l *signingIn) token(t *testing.T) string {
	t.Helper()
	if err := l.cmd.Wait(); err != nil {
		t.Fatalf("azstep login: %v\n%s", err, &l.stderr)
	}
	token := strings.TrimSuffix(l.stdout.String(), "\n")
	if !strings.HasPrefix(token, "FAKE-REFRESH.") || strings.ContainsAny(token, " \n") {
		t.Fatalf("stdout has no refresh token alone: %.40q", token)
	}
	return token
}

// chromium is a headless browser, controlled through the pipes of its DevTools
// protocol: JSON texts that end with a zero byte.
type chromium struct {
	to      *os.File
	from    *bufio.Reader
	session string // session of the only page
	last    int
}

func startChromium(t *testing.T, path string) *chromium {
	t.Helper()
	profile, err := os.MkdirTemp("", "azstep-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // its last processes still write there shortly after it has ended
		eventually(t, "the removal of the profile", func() bool { return os.RemoveAll(profile) == nil })
	})
	theirs, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--ignore-certificate-errors",
		"--user-data-dir="+profile, "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirs, theirOut} // descriptors 3 and 4
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirOut.Close()
	t.Cleanup(func() {
		_, _ = to.Write([]byte(`{"id":0,"method":"Browser.close"}` + "\x00"))
		time.AfterFunc(10*time.Second, cancel)
		_ = cmd.Wait()
		_, _ = to.Close(), from.Close()
	})
	_ = from.SetReadDeadline(time.Now().Add(patience))
	b := &chromium{to: to, from: bufio.NewReader(from)}
	made := b.call(t, "Target.createTarget", map[string]any{"url": "about:blank"})
	b.session, _ = b.call(t, "Target.attachToTarget", map[string]any{"targetId": made["targetId"], "flatten": true})["sessionId"].(string)
	return b
}

// call sends one command and waits for its response, ignoring events.
func (b *chromium) call(t *testing.T, method string, params map[string]any) map[string]any {
	t.Helper()
	b.last++
	text, err := json.Marshal(struct {
		ID      int            `json:"id"`
		Method  string         `json:"method"`
		Params  map[string]any `json:"params"`
		Session string         `json:"sessionId,omitempty"`
	}{b.last, method, params, b.session})
	if err == nil {
		_, err = b.to.Write(append(text, 0))
	}
	for err == nil {
		var answer struct {
			ID     int
			Result map[string]any
			Error  *struct{ Message string }
		}
		if text, err = b.from.ReadBytes(0); err != nil {
			break
		}
		if err = json.Unmarshal(bytes.TrimSuffix(text, []byte{0}), &answer); err != nil || answer.ID != b.last {
			continue
		}
		if answer.Error != nil {
			t.Fatalf("%s: %s", method, answer.Error.Message)
		}
		return answer.Result
	}
	t.Fatalf("%s: %v", method, err)
	return nil
}

// evaluate returns the value of an expression on the page.
func (b *chromium) evaluate(t *testing.T, expression string) any {
	t.Helper()
	got := b.call(t, "Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true})
	result, _ := got["result"].(map[string]any)
	return result["value"]
}

func (b *chromium) until(t *testing.T, expression string) {
	t.Helper()
	eventually(t, expression, func() bool { return b.evaluate(t, expression) == true })
}
