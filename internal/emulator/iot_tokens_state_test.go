package emulator_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestPutOnAnIDThatExists(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	first, _ := w.put("same", w.iot(), administrator)
	if _, got := w.put("same", w.iot(), administrator); got.status != 409 {
		t.Errorf("by default: %d %s", got.status, got.body)
	}
	if got := w.send("PUT", "/_emulator/iot", "", `{"replace":true}`); got.status != 204 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	second, got := w.put("same", first.Token, administrator)
	if got.status != 200 || second.Token == first.Token {
		t.Errorf("with replace: %d %s", got.status, got.body)
	}
	if got := w.send("GET", "/api/roles"+iotVersion, first.Token, nil); got.status != 401 {
		t.Errorf("the replaced token: %d", got.status)
	}
	var states []string
	for _, a := range w.APITokens() {
		states = append(states, a.State)
	}
	if !slices.Equal(states, []string{"deleted", "active"}) {
		t.Errorf("states %v", states)
	}
}

func TestExpiryThatIsNotAsAsked(t *testing.T) {
	t.Parallel()
	now := sampleTime()
	w := start(t, emulator.Options{Now: func() time.Time { return now }})
	ask := func(id string, life time.Duration) time.Duration {
		var more []any
		if life > 0 {
			more = []any{"expiry", now.Add(life)}
		}
		made, got := w.put(id, w.iot(), administrator, more...)
		at, err := time.Parse(time.RFC3339, made.Expiry)
		if err != nil {
			t.Fatalf("%s: %v", got.body, err)
		}
		return at.Sub(now).Round(time.Second)
	}
	if got := ask("year", 0); got != 365*24*time.Hour {
		t.Errorf("without expiry: %v", got)
	}
	if err := w.SetIoTPolicy("my-app", emulator.IoTPolicy{MaxLife: time.Hour, MinLife: 10 * time.Minute}); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]time.Duration{"1m": 10 * time.Minute, "30m": 30 * time.Minute, "5h": time.Hour} {
		life, _ := time.ParseDuration(id)
		if got := ask(id, life); got != want {
			t.Errorf("asked for %s, got %v, want %v", id, got, want)
		}
	}
	if err := w.SetIoTPolicy("nobody", emulator.IoTPolicy{}); err == nil {
		t.Error("an application that is not there got a policy")
	}
	for path, body := range map[string]string{"iot/nobody": `{}`, "iot": `{"maxlife":"1h"}`, "iot/my-app": `{"maxLife":"soon"}`} {
		if got := w.send("PUT", "/_emulator/"+path, "", body); got.status != 400 {
			t.Errorf("%s %s: %d", path, body, got.status)
		}
	}
}

// A service may round times, and sign another time than it returns.
func TestExpiryThatIsRoundedAndSeThatDiffers(t *testing.T) {
	t.Parallel()
	now := sampleTime()
	w := start(t, emulator.Options{Now: func() time.Time { return now }})
	asked := now.Truncate(time.Hour).Add(90*time.Minute + 1500*time.Millisecond)
	for policy, want := range map[emulator.IoTPolicy]struct{ expiry, se time.Duration }{
		{}:                        {1500 * time.Millisecond, 1500 * time.Millisecond},
		{Round: time.Second}:      {time.Second, time.Second},
		{Round: -time.Second}:     {2 * time.Second, 2 * time.Second},
		{Round: time.Minute}:      {0, 0},
		{SEOffset: -time.Minute}:  {1500 * time.Millisecond, -58500 * time.Millisecond},
		{SEOffset: 2 * time.Hour}: {1500 * time.Millisecond, 2*time.Hour + 1500*time.Millisecond},
	} {
		if err := w.SetIoTPolicy("", policy); err != nil {
			t.Fatal(err)
		}
		made, got := w.put("t"+strconv.Itoa(int(policy.Round+policy.SEOffset)), w.iot(), administrator, "expiry", asked)
		at, err := time.Parse(time.RFC3339, made.Expiry)
		_, se, _ := strings.Cut(made.Token, "&se=")
		ms, bad := strconv.ParseInt(se, 10, 64)
		if err != nil || bad != nil {
			t.Fatalf("%s", got.body)
		}
		base := asked.Add(-1500 * time.Millisecond)
		if at.Sub(base) != want.expiry || time.UnixMilli(ms).Sub(base) != want.se {
			t.Errorf("%+v: expiry %v, se %v, want %v", policy, at.Sub(base), time.UnixMilli(ms).Sub(base), want)
		}
	}
}
