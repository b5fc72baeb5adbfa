//go:build unix

package acceptance

import (
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/azstep/azstep/internal/emulator"

	"github.com/rogpeppe/go-internal/testscript"
)

// login HOW runs azstep login while a user follows the prompt. With a device code,
// HOW is approve, decline or expire. In a browser it is accept, cancel, forge (a
// foreign page sends a response first), repeat (the page is loaded twice) or
// expire-code. The file page then contains what the browser shows.
func (w *world) login(ts *testscript.TestScript, not bool, args []string) {
	ts.Check(w.server.SetEntraPolicy("fabrikam.example", emulator.EntraPolicy{DevicePolls: -1}))
	r := &reader{byCode: map[string]func(string){
		"approve": func(code string) { _ = w.server.ApproveDevice(code, "", false) },
		"decline": func(code string) { _ = w.server.ApproveDevice(code, "", true) },
		"expire":  func(string) { w.server.Advance(time.Hour) },
	}[args[0]]}
	browser := &person{w: w, ended: make(chan error, 1)}
	if r.byCode == nil {
		opened := ts.Getenv("OPENED")
		if ts.Getenv("FAILS") != "" {
			opened = ""
		}
		r.byAddress = func(address string) {
			go func() { browser.ended <- browser.follow(args[0], address, opened) }()
		}
	}
	w.run(ts, not, start{path: filepath.Join(bin, "azstep"), args: []string{"login"}, watch: r}, "", nil)
	if r.byAddress != nil {
		ts.Check(<-browser.ended)
		ts.Check(os.WriteFile(ts.MkAbs("page"), []byte(browser.page), 0o600))
	}
}

// follow visits the address once the script's program, which writes the file opened,
// has run: azstep ends it when the sign-in is complete.
func (b *person) follow(how, address, opened string) error {
	for opened != "" {
		if _, err := os.Stat(opened); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return b.visit(how, address)
}

// reader waits for a prompt and acts on it, once.
type reader struct {
	byCode, byAddress func(string)

	mu   sync.Mutex
	text string
	done bool
}

var (
	codePrompt    = regexp.MustCompile(`the code ([A-Z0-9]+)`)
	addressPrompt = regexp.MustCompile(`open this address on this machine: (\S+)\n`)
)

func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text += string(p)
	act, found := r.byCode, codePrompt.FindStringSubmatch(r.text)
	if act == nil {
		act, found = r.byAddress, addressPrompt.FindStringSubmatch(r.text)
	}
	if found != nil && !r.done {
		r.done = true
		act(found[1])
	}
	return len(p), nil
}

// person is a user with a browser.
type person struct {
	w     *world
	page  string // what the browser shows at the end
	ended chan error
}

// visit opens the address, presses a button, and follows the page's redirect.
func (p *person) visit(how, address string) error {
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	resp, err := client.Get(address)
	if err != nil {
		return err
	}
	form := hiddenInputs(resp)
	form.Set("decision", map[string]string{"cancel": "cancel"}[how])
	if how != "cancel" {
		form.Set("decision", "accept")
	}
	at, _ := url.Parse(address)
	resp, err = client.PostForm("https://"+at.Host+at.Path, form)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	back, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || back.Hostname() != "localhost" {
		return fmt.Errorf("the page redirected to %q", resp.Header.Get("Location"))
	}
	return p.back(client, how, back)
}

// back follows the redirect from Entra's page to azstep's.
func (p *person) back(client *http.Client, how string, back *url.URL) error {
	switch how {
	case "expire-code":
		p.w.server.Advance(time.Hour)
	case "forge":
		if err := p.forge(client, *back); err != nil {
			return err
		}
	}
	resp, err := client.Get(back.String())
	if err != nil {
		return err
	}
	p.page = text(resp)
	if how == "repeat" {
		_, _ = client.Get(back.String()) // azstep may already have ended
	}
	return nil
}

// forge plays a foreign page that guessed the port, or a name that resolves to this
// machine.
func (p *person) forge(client *http.Client, back url.URL) error {
	query := back.Query()
	for change, status := range map[string]int{"state": 400, "code": 400, "host": 404, "path": 404, "method": 404} {
		forged := back
		other := back.Query()
		method, host := http.MethodGet, back.Host
		switch change {
		case "state":
			other.Set("state", "FORGED")
		case "code":
			other = url.Values{"state": {query.Get("state")}}
		case "host":
			host = "evil.example:" + back.Port()
		case "path":
			forged.Path = "/favicon.ico"
		case "method":
			method = http.MethodPost
		}
		forged.RawQuery = other.Encode()
		req, err := http.NewRequest(method, forged.String(), http.NoBody)
		if err != nil {
			return err
		}
		req.Host = host
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		if said := text(resp); resp.StatusCode != status || strings.Contains(said, "signed in") {
			return errors.New(change + " was forged: " + resp.Status + " " + said)
		}
	}
	return nil
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

func hiddenInputs(resp *http.Response) url.Values {
	form := url.Values{}
	for _, found := range hidden.FindAllStringSubmatch(text(resp), -1) {
		form.Set(found[1], html.UnescapeString(found[2]))
	}
	return form
}

func text(resp *http.Response) string {
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}
