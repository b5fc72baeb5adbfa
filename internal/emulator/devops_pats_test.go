package emulator_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/azstep/azstep/internal/emulator"
)

func TestPATLivesFromCreateToRevoke(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	minted := w.mint("build 1").PATToken
	auth := w.bearer(emulator.TokenOptions{})
	if got := minted.Token; len(got) != 84 || got[76:80] != "AZDO" || !strings.HasPrefix(got, "FAKE") {
		t.Errorf("PAT text %q: want 84 characters, AZDO from the 77th, and FAKE", got)
	}
	one := w.send(http.MethodGet, patsPath+"&authorizationId="+minted.AuthorizationID, auth, nil)
	var shown patBody
	one.json(t, &shown)
	if shown.PATToken.Token != "" || shown.PATToken.DisplayName != "build 1" {
		t.Errorf("get: %s", one.body)
	}
	gone := w.send(http.MethodDelete, patsPath+"&authorizationId="+minted.AuthorizationID, auth, nil)
	if gone.status != http.StatusNoContent || len(gone.body) != 0 {
		t.Errorf("revoke: status %d, body %q", gone.status, gone.body)
	}
	for filter, want := range map[string]int{"active": 0, "revoked": 1, "expired": 0, "all": 1, "": 0} {
		var list patList
		w.send(http.MethodGet, patsPath+"&displayFilterOption="+filter, auth, nil).json(t, &list)
		if len(list.PATTokens) != want {
			t.Errorf("filter %q: %d PATs, want %d", filter, len(list.PATTokens), want)
		}
	}
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	names := []string{"a", "b", "c", "d", "e"}
	for _, n := range names {
		w.mint(n)
	}
	var got []string
	next, pages := "", 0
	for {
		var list patList
		w.send(http.MethodGet, patsPath+"&sortByOption=displayName&isSortAscending=false&$top=2&continuationToken="+url.QueryEscape(next),
			w.bearer(emulator.TokenOptions{}), nil).json(t, &list)
		for _, p := range list.PATTokens {
			got = append(got, p.DisplayName)
			if p.Token != nil {
				t.Errorf("the list shows the text of %s", p.DisplayName)
			}
		}
		pages++
		if next = list.ContinuationToken; next == "" {
			break
		}
	}
	slices.Reverse(names)
	if !slices.Equal(got, names) || pages != 3 {
		t.Errorf("got %v in %d pages, want %v in 3", got, pages, names)
	}
}

func TestOthersPATsDoNotExist(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	id := w.mint("mine").PATToken.AuthorizationID
	other := w.bearer(emulator.TokenOptions{Name: "christie@fabrikam.example"})
	var list patList
	w.send(http.MethodGet, patsPath, other, nil).json(t, &list)
	if len(list.PATTokens) != 0 {
		t.Errorf("another user sees %v", list.PATTokens)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		var b patBody
		got := w.send(method, patsPath+"&authorizationId="+id, other, nil)
		got.json(t, &b)
		if got.status != http.StatusNotFound || b.PATTokenError != "authorizationNotFound" {
			t.Errorf("%s: status %d, %q", method, got.status, b.PATTokenError)
		}
	}
	if state := w.PATs()[0].State; state != "active" {
		t.Errorf("another user made it %s", state)
	}
}

func TestRefusedWishes(t *testing.T) {
	t.Parallel()
	in := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	const day = 24 * time.Hour
	for _, tt := range []struct {
		change map[string]any
		policy emulator.PATPolicy
		want   string
	}{
		{map[string]any{"displayName": " "}, emulator.PATPolicy{}, "displayNameRequired"},
		{map[string]any{"validTo": "soon"}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"validTo": in(-time.Minute)}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"validTo": in(367 * day)}, emulator.PATPolicy{}, "invalidValidTo"},
		{map[string]any{"scope": "vso.code,vso.build"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": ""}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "vso.pats"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "app_token vso.code"}, emulator.PATPolicy{}, "invalidScope"},
		{map[string]any{"scope": "app_token"}, emulator.PATPolicy{}, "none"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{}, "globalPATCreationBlocked"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{AllowGlobal: true}, "none"},
		{map[string]any{"allOrgs": true}, emulator.PATPolicy{AllowGlobal: true, ForbidGlobal: true}, "globalPatPolicyViolation"},
		{map[string]any{"scope": "app_token"}, emulator.PATPolicy{ForbidFullScope: true}, "fullScopePatPolicyViolation"},
		{map[string]any{"validTo": in(30 * day)}, emulator.PATPolicy{MaxDays: 7, RefuseLonger: true}, "patLifespanPolicyViolation"},
		{map[string]any{}, emulator.PATPolicy{RestrictCreation: true}, "disablePatCreationPolicyViolation"},
		{map[string]any{"scope": "vso.packaging_write"}, emulator.PATPolicy{RestrictCreation: true, AllowPackaging: true}, "none"},
	} {
		t.Run(tt.want, func(t *testing.T) {
			t.Parallel()
			w := start(t, emulator.Options{})
			if err := w.SetPATPolicy("fabrikam", tt.policy); err != nil {
				t.Fatal(err)
			}
			body := wish("x")
			for k, v := range tt.change {
				body[k] = v
			}
			var b patBody
			got := w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), body)
			got.json(t, &b)
			if b.PATTokenError != tt.want {
				t.Errorf("patTokenError %q, want %q", b.PATTokenError, tt.want)
			}
			if minted := len(w.PATs()) == 1; minted != (tt.want == "none") {
				t.Errorf("minted is %v after %q", minted, b.PATTokenError)
			}
		})
	}
}

func TestPolicyShortensLife(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.SetPATPolicy("fabrikam", emulator.PATPolicy{MaxDays: 7}); err != nil {
		t.Fatal(err)
	}
	body := wish("long")
	body["validTo"] = time.Now().AddDate(0, 3, 0).Format(time.RFC3339)
	w.send(http.MethodPost, patsPath, w.bearer(emulator.TokenOptions{}), body)
	if days := time.Until(w.PATs()[0].ValidTo).Hours() / 24; days < 6.999 || days > 7.001 {
		t.Errorf("the PAT lives %.5f days, want 7", days)
	}
}

func TestAddedPATExpires(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	text, id, err := w.AddPAT("fabrikam", "christie@fabrikam.example", "vso.code", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+text))
	for _, tt := range []struct {
		advance time.Duration
		state   string
		message string
	}{
		{0, "active", "TF400813"}, // PATs may not manage PATs
		{time.Hour, "expired", "The Personal Access Token used has expired"},
	} {
		w.Advance(tt.advance)
		got := w.send(http.MethodGet, patsPath, basic, nil)
		p := w.PATs()[0]
		if p.AuthorizationID != id || p.State != tt.state || got.status != http.StatusUnauthorized || !strings.Contains(string(got.body), tt.message) {
			t.Errorf("%+v, status %d, %s", p, got.status, got.body)
		}
	}
	if _, _, err := w.AddPAT("nobody", "", "", time.Hour); err == nil {
		t.Error("a PAT was put into an organization that does not exist")
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	auth := w.bearer(emulator.TokenOptions{ExpiresIn: 50 * time.Hour})
	id := w.mint("old name").PATToken.AuthorizationID
	update := func() (b patBody) {
		w.send(http.MethodPut, patsPath, auth, map[string]any{"authorizationId": id, "displayName": "new name"}).json(t, &b)
		return b
	}
	if b := update(); b.PATTokenError != "none" || b.PATToken.DisplayName != "new name" || b.PATToken.Scope != "vso.code" || b.PATToken.Token != "" {
		t.Errorf("update: %+v", b)
	}
	w.Advance(2 * time.Hour)
	if b := update(); b.PATTokenError != "expiredPatCannotBeExtended" {
		t.Errorf("update of an expired PAT: %q", b.PATTokenError)
	}
}
