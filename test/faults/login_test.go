//go:build unix

package faults

import (
	"crypto/tls"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync"
)

// signsIn are the inputs that hold secrets, none of which login takes.
var signsIn = []string{"credential", "client-secret", "refresh-token", "assertion"}

// login signs a user in on a laptop. The emulator accepts a device code by itself.
func (h *hunt) login(method string) {
	for name := range h.inputs {
		if name != "ca-file" && name != "timeout" {
			delete(h.inputs, name)
		}
	}
	h.inputs["authority-host"] = h.tap.url
	h.inputs["tenant-id"], h.inputs["client-id"] = "fabrikam.example", "0fab0000-0000-4000-8000-0000000000a3"
	h.env["AZSTEP_LOGIN_METHOD"], h.env["PATH"] = method, h.files() // where there is no browser
}

// person waits for the address to sign in at, and goes there once.
type person struct {
	visit func(address string)

	mu   sync.Mutex
	text []byte
	gone bool
}

var addressPrompt = regexp.MustCompile(`open this address on this machine: (\S+)\n`)

func (p *person) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, text...)
	if found := addressPrompt.FindSubmatch(p.text); found != nil && !p.gone {
		p.gone = true
		go p.visit(string(found[1]))
	}
	return len(text), nil
}

// signIn accepts on the page, and goes back to azstep. Where the page is broken, the
// browser goes back as from one that was closed.
func (h *hunt) signIn(address string) {
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	page, err := url.Parse(address)
	if err != nil {
		h.t.Error(err)
		return
	}
	query := page.Query()
	back := query.Get("redirect_uri") + "?" + url.Values{"error": {"access_denied"}, "state": {query.Get("state")}}.Encode()
	if to := accept(client, page); to != "" {
		back = to
	}
	if answer, err := client.Get(back); err == nil { // azstep may have ended
		_ = answer.Body.Close()
	}
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([a-z_]+)" value="([^"]*)">`)

// accept presses the button, and returns where the page leads, if it leads to azstep.
func accept(client *http.Client, page *url.URL) string {
	answer, err := client.Get(page.String())
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(answer.Body) // a broken page has no button
	_ = answer.Body.Close()
	form := url.Values{"decision": {"accept"}}
	for _, found := range hiddenInput.FindAllSubmatch(text, -1) {
		form.Set(string(found[1]), html.UnescapeString(string(found[2])))
	}
	answer, err = client.PostForm("https://"+page.Host+page.Path, form)
	if err != nil {
		return ""
	}
	_ = answer.Body.Close()
	to, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || to.Hostname() != "localhost" {
		return ""
	}
	return to.String()
}
