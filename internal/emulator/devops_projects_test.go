package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/emulator"
)

func TestProject(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, name := range []string{"fabrikam%20fiber", "8E5A3CFB-fed3-46f3-8657-e3b175cd0305"} {
		var p struct {
			ID, Name, State, Visibility string
			DefaultTeam                 teamBody
		}
		w.send("GET", "/fabrikam/_apis/projects/"+name+version, w.full(), nil).json(t, &p)
		if p.Name != "Fabrikam Fiber" || p.State != "wellFormed" || p.Visibility != "private" ||
			p.DefaultTeam.Name != "Fabrikam Fiber Team" || p.DefaultTeam.ID != emulator.GUIDOf(p.ID, "team") {
			t.Errorf("%s is %+v", name, p)
		}
	}
	if got := w.send("GET", "/fabrikam/_apis/projects/none", w.full(), nil); got.status != 404 {
		t.Errorf("an unknown project: %d", got.status)
	}
}

func TestProjectPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	var names []string
	next := ""
	for range 10 {
		got := w.send("GET", "/fabrikam/_apis/projects?$top=2&continuationToken="+url.QueryEscape(next), w.full(), nil)
		var page struct{ Value []struct{ Name string } }
		got.json(t, &page)
		for _, p := range page.Value {
			names = append(names, p.Name)
		}
		if next = got.header.Get("X-MS-ContinuationToken"); next == "" {
			break
		}
	}
	if got := strings.Join(names, ","); got != "Fabrikam,Fabrikam Fiber,Contoso" {
		t.Errorf("projects %s", got)
	}
	var page struct{ Count int }
	if w.send("GET", "/fabrikam/_apis/projects?$skip=2", w.full(), nil).json(t, &page); page.Count != 1 {
		t.Errorf("%d projects after two", page.Count)
	}
}

func TestAProjectIsFull(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	if err := w.Generate("fabrikam", "Fabrikam", emulator.Bulk{Type: "team", Count: 4997}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{200, 400} {
		if got := w.send("POST", teamsPath+version, w.full(), map[string]string{"name": fmt.Sprint("last ", i)}); got.status != want {
			t.Errorf("team %d: %d %s", 5000+i, got.status, got.body)
		}
	}
}
