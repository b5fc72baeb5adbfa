package emulator_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestApplicationsByHost(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	made, _ := w.put("here", w.iot(), administrator)
	port := w.URL()[strings.LastIndexByte(w.URL(), ':'):]
	for host, want := range map[string]int{
		"my-app.localhost" + port: 200, "MY-APP.localhost": 200, "localhost" + port: 200, "[::1]" + port: 200,
		"other-app.localhost" + port: 401, "nobody.localhost" + port: 404, "my-app.azureiotcentral.com": 404, "192.0.2.1": 404,
	} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+"/api/apiTokens"+iotVersion, nil)
		r.Host = host
		r.Header.Set("Authorization", made.Token)
		res, err := w.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, res.StatusCode, want)
		}
	}
}

func TestIoTPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.SetQuirks(emulator.Quirks{PageSize: 4})
	var names []string
	next, pages := w.URL()+"/api/roles"+iotVersion, 0
	for next != "" {
		var page struct {
			Value    []struct{ DisplayName string }
			NextLink string
		}
		w.send("GET", strings.TrimPrefix(next, w.URL()), w.iot(), nil).json(t, &page)
		for _, r := range page.Value {
			names = append(names, r.DisplayName)
		}
		next = page.NextLink
		pages++
	}
	if pages != 3 || len(names) != 10 || names[0] != "Administrator" || names[9] != "Auditor" {
		t.Errorf("%d pages: %v", pages, names)
	}
}

func TestIoTLimit(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Now: sampleTime})
	if err := w.SetIoTPolicy("", emulator.IoTPolicy{PerSecond: 2}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 200, 429} {
		got := w.send("GET", "/api/roles"+iotVersion, w.iot(), nil)
		if got.status != want || (want == 429) != (got.header.Get("Retry-After") == "1") {
			t.Errorf("request %d: %d %v", i, got.status, got.header)
		}
	}
	w.Advance(time.Second)
	if got := w.send("GET", "/api/roles"+iotVersion, w.iot(), nil); got.status != 200 {
		t.Errorf("a second later: %d", got.status)
	}
}

// Go accepts a wildcard below localhost, OpenSSL does not.
func TestCertificateNamesApplications(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL()+"/_signin", nil)
	res, err := w.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	names := res.TLS.PeerCertificates[0].DNSNames
	for _, want := range []string{"my-app.localhost", "other-app.localhost"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not among %v", want, names)
		}
	}
}
