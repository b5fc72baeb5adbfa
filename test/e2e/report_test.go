//go:build e2e && unix

package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/audit/report"
)

// TestReportInABrowser lets a headless Chromium open a report of 5,000 resources and
// 300 pipelines with hostile names. It stores screenshots in the directory named by
// the environment variable PICTURES.
func TestReportInABrowser(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT TESTED in a browser: chromium is not installed (apt-get install chromium)")
	}
	asked := new(atomic.Int64)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) > 1 && r.URL.Path != "/favicon.ico" {
			t.Errorf("the page requested %s", r.URL)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'")
		writeReport(t, w, 5000)
	}))
	t.Cleanup(server.Close)
	b := startChromium(t, path)
	b.call(t, "Page.navigate", map[string]any{"url": server.URL})
	b.until(t, `document.readyState === "complete" && document.getElementById("app") !== null && !document.getElementById("app").hidden`)

	b.same(t, `document.getElementById("totals").textContent`, "126 violations in 5,000 resources, 295 resources with open access")
	b.same(t, `document.querySelectorAll("#matrix tbody tr").length`, 50.)
	b.same(t, `document.querySelectorAll("#matrix thead th").length`, 61.)
	b.same(t, `document.querySelectorAll("#violation-list tr.violation").length`, 126.)
	b.same(t, `document.getElementById("plain")`, nil)
	b.picture(t, "report.png")

	// Hostile names must be shown as text.
	b.same(t, `typeof window.hacked`, "undefined")
	b.same(t, `document.querySelectorAll("img, iframe, #matrix script, #violation-list script").length`, 0.)
	b.same(t, `document.getElementById("violation-list").textContent.includes("<img src=x onerror=window.hacked=1>")`, true)

	// Filters, and the rows that remain.
	b.evaluate(t, `document.getElementById("open").click()`)
	b.same(t, `document.getElementById("count").textContent`, "295 resources of 5,001")
	b.evaluate(t, `document.getElementById("project").value = "1"; document.getElementById("project").dispatchEvent(new Event("input", {bubbles: true}))`)
	b.same(t, `document.getElementById("count").textContent`, "98 resources of 5,001")
	b.evaluate(t, `document.querySelector("#filters [type=reset]").click()`)
	b.until(t, `document.getElementById("count").textContent === "5,001 resources of 5,001"`)

	// Pages can be turned with the keyboard, and a resource's details are a dialog
	// with a name.
	b.evaluate(t, `document.querySelector("#matrix .pages button:not(:disabled)").focus()`)
	b.key(t, "Enter")
	b.until(t, `document.querySelector("#matrix .pages span").textContent.startsWith("51–100 of 5,000")`)
	b.evaluate(t, `document.querySelector("#matrix tbody th button").focus()`)
	b.key(t, "Enter")
	b.until(t, `document.getElementById("details").open`)
	b.same(t, `document.querySelectorAll("#details tbody tr").length > 10`, true)
	b.same(t, `document.getElementById("details").getAttribute("aria-labelledby")`, "details-title")
	b.key(t, "Escape")
	b.until(t, `!document.getElementById("details").open`)

	// In dark mode, and printed.
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": "dark"}}})
	b.same(t, `getComputedStyle(document.body).backgroundColor`, "rgb(20, 24, 29)")
	b.picture(t, "report-dark.png")
	b.call(t, "Emulation.setEmulatedMedia", map[string]any{"media": "print"})
	b.same(t, `getComputedStyle(document.getElementById("filters")).display`, "none")
}

// If a host forbids scripts, the page must still show the violations.
func TestReportWithoutScripts(t *testing.T) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("NOT TESTED in a browser: chromium is not installed (apt-get install chromium)")
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
		writeReport(t, w, 40)
	}))
	t.Cleanup(server.Close)
	b := startChromium(t, path)
	b.call(t, "Page.navigate", map[string]any{"url": server.URL})
	b.until(t, `document.readyState === "complete" && document.querySelector("#plain li") !== null`)
	b.same(t, `document.querySelectorAll("#plain li").length`, 2.)
	b.same(t, `document.body.innerText.includes("<img src=x onerror=window.hacked=1>")`, true)
}

// writeReport writes a report over n resources and 300 pipelines, with one rule that
// matches nothing.
func writeReport(t *testing.T, w http.ResponseWriter, n int) {
	const hostile = `</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1>`
	h := report.NewHTML(w)
	add := func(r policy.Resource, v ...policy.Violation) {
		if err := h.Add(r, v); err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		r := policy.Resource{Project: []string{"Fabrikam", "Contoso", hostile}[i%3], Type: "environment", ID: fmt.Sprint(i + 1), Name: fmt.Sprintf("production-%d %s", i, hostile), Open: i%17 == 0}
		for j := range 300 {
			if (i*7+j*13)%5 == 0 {
				r.Pipelines = append(r.Pipelines, policy.Pipeline{ID: j + 1, Name: fmt.Sprintf(`\deploy-%d%s`, j, hostile), By: hostile, On: "2020-01-02T08:59:48.77Z"})
			}
		}
		if i%40 == 0 {
			add(r, policy.Violation{Text: r.String() + ": open access lets every pipeline use it"})
			continue
		}
		add(r)
	}
	add(policy.Resource{Project: "Fabrikam", Type: "queue", Name: "nowhere"}, policy.Violation{Text: "no queue is named nowhere " + hostile})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// same compares the value of an expression on the page.
func (b *chromium) same(t *testing.T, expression string, want any) {
	t.Helper()
	if got := b.evaluate(t, expression); got != want {
		t.Errorf("%s is %v, want %v", expression, got, want)
	}
}

// key presses and releases a key.
func (b *chromium) key(t *testing.T, key string) {
	t.Helper()
	codes := map[string]int{"Enter": 13, "Escape": 27}
	press := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
	if key == "Enter" {
		press["text"] = "\r"
	}
	b.call(t, "Input.dispatchKeyEvent", press)
	b.call(t, "Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]})
}

// picture stores a screenshot of the page if PICTURES is set.
func (b *chromium) picture(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("PICTURES")
	if dir == "" {
		return
	}
	text, _ := b.call(t, "Page.captureScreenshot", map[string]any{"format": "png"})["data"].(string)
	image, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), image, 0o600)
	}
	if err != nil || !strings.HasPrefix(string(image), "\x89PNG") {
		t.Errorf("%s: %v", name, err)
	}
}
