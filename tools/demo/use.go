package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/azstep/azstep/internal/emulator"
)

// pat is what a job knows about a PAT: its id, and how to send it.
type pat struct{ id, header string }

// call lists the projects, as any client with the PAT would.
func (d *demo) call(ctx context.Context, p pat) (status int, projects []string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.services.URL()+"/fabrikam/_apis/projects?api-version=7.1", nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", p.header)
	response, err := d.client().Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("list the projects: %w", err)
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		return response.StatusCode, nil, err
	}
	var answer struct{ Value []struct{ Name string } }
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, nil, fmt.Errorf("list the projects: %w", err)
	}
	for _, project := range answer.Value {
		projects = append(projects, project.Name)
	}
	return response.StatusCode, projects, nil
}

// client returns a client that trusts the emulator and treats a redirect to a
// sign-in page as a refusal.
func (d *demo) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(d.services.CAPEM())
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

const request = "GET /fabrikam/_apis/projects with the PAT"

func (d *demo) works(ctx context.Context, p pat) error {
	status, projects, err := d.call(ctx, p)
	if err != nil {
		return err
	}
	if status != http.StatusOK || len(projects) == 0 {
		return fmt.Errorf("the PAT does not work: status %d", status)
	}
	d.say("%s: %d. The projects are %s.", request, status, strings.Join(projects, ", "))
	return nil
}

func (d *demo) isGone(ctx context.Context, p pat) error {
	status, _, err := d.call(ctx, p)
	if err != nil {
		return err
	}
	if status == http.StatusOK {
		return errors.New("the PAT still works")
	}
	state := d.state(p.id)
	if state != "revoked" {
		return fmt.Errorf("the service says that the PAT is %q", state)
	}
	d.say("%s: %d, refused. The service's own records: %s.", request, status, state)
	return nil
}

// state returns the PAT's state as the service has recorded it.
func (d *demo) state(id string) string {
	all := d.services.PATs()
	i := slices.IndexFunc(all, func(p emulator.PAT) bool { return p.AuthorizationID == id })
	if i < 0 {
		return "unknown"
	}
	return all[i].State
}
