//go:build unix

package faults

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/azstep/azstep/internal/emulator"
)

// garbled lists answers that cannot be what was requested.
func garbled() []fault {
	page := emulator.Fault{
		Kind: emulator.Status, Status: http.StatusOK, Body: "<html><title>Blocked</title>", Header: map[string]string{"Content-Type": "text/html"},
	}
	done := page
	done.Effect = true
	return []fault{
		{name: "garbage as JSON", http: plays(emulator.Fault{Kind: emulator.Garbage}), code: "bad-response"},
		{name: "garbage as JSON, though it was done", http: plays(emulator.Fault{Kind: emulator.Garbage, Effect: true}), code: "bad-response"},
		{name: "an answer of another type", http: plays(emulator.Fault{Header: map[string]string{"Content-Type": "text/plain"}}), code: "bad-response"},
		{name: "200 with a page of a proxy", http: plays(page), code: "bad-response"},
		// A client that gets a page twice is assumed to be rejected.
		{name: "200 with a page of a proxy, though it was done", http: plays(done), code: "bad-response", rare: true},
	}
}

// refusals lists answers that refuse, some with details that they should not
// contain.
func refusals() []fault {
	plain := func(s string) string { return s }
	base64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return []fault{
		{name: "200 with a page to sign in", http: plays(emulator.Fault{Kind: emulator.HTML200}), code: "credential-rejected", atEntra: "bad-response"},
		{name: "203 with a page to sign in", http: plays(emulator.Fault{Kind: emulator.SignIn203}), code: "credential-rejected", atEntra: "bad-response"},
		{name: "302 to another host", http: redirect(http.StatusFound), code: "credential-rejected", atEntra: "bad-response"},
		{name: "307 to another host", http: redirect(http.StatusTemporaryRedirect), code: "credential-rejected", atEntra: "bad-response"},
		{name: "400 that repeats the credential", http: echo(plain), code: "request-refused", atEntra: "credential-rejected"},
		{name: "400 that repeats it in base64", http: echo(base64), code: "request-refused", atEntra: "credential-rejected"},
		{name: "400 that repeats it percent-encoded", http: echo(url.QueryEscape), code: "request-refused", atEntra: "credential-rejected"},
	}
}

// oversized lists answers that could fill a machine's memory.
func oversized() []fault {
	return []fault{
		{name: "an endless answer", http: plays(emulator.Fault{Kind: emulator.Endless}), code: "bad-response"},
		{name: "a compressed endless answer", http: plays(emulator.Fault{Kind: emulator.GzipBomb}), code: "bad-response"},
		{name: "giant headers", http: plays(emulator.Fault{Kind: emulator.GiantHeaders}), code: "bad-response"},
	}
}

// silences lists answers that do not arrive in time.
func silences() []fault {
	return []fault{
		{name: "a byte a second", http: plays(emulator.Fault{Kind: emulator.Drip}), code: "timeout", slow: true},
		{name: "no answer", http: plays(emulator.Fault{Kind: emulator.Hang}), code: "timeout", slow: true},
		{name: "no answer, though it was done", http: plays(emulator.Fault{Kind: emulator.Hang, Effect: true}), code: "timeout", slow: true},
	}
}

// redirect sends the client to a server that it must not contact.
func redirect(status int) func(*world) emulator.Fault {
	return func(w *world) emulator.Fault {
		return emulator.Fault{Kind: emulator.Status, Status: status, Header: map[string]string{"Location": w.trap + "/"}}
	}
}

// echo is a refusal that repeats the credential in every part that a client may
// read.
func echo(encode func(string) string) func(*world) emulator.Fault {
	return func(w *world) emulator.Fault {
		said := encode(w.secret)
		body, _ := json.Marshal(map[string]string{ // strings can always be encoded
			"message": "TF400813: " + said + " is not authorized.", "typeKey": said, // Azure DevOps' form
			"error": "invalid_client", "error_description": "AADSTS7000215: " + said, "trace_id": said, // Entra's
		})
		return emulator.Fault{Kind: emulator.Status, Status: http.StatusBadRequest, Body: string(body), Header: map[string]string{
			"ActivityId": said, "X-Ms-Request-Id": said,
		}}
	}
}
