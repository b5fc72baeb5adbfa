package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
	"github.com/azstep/azstep/internal/transport"
)

// iotVersion is the latest stable version of IoT Central's API.
const iotVersion = "2022-07-31"

// IoTCentral is the API of one IoT Central application. It accepts an Entra token
// for https://apps.azureiotcentral.com or an API token.
type IoTCentral struct {
	Caller *Caller
	Base   *url.URL // from [ParseApplication]
}

// APIToken is an API token as returned by the service.
type APIToken struct {
	ID     string              `json:"id"`
	Roles  few[RoleAssignment] `json:"roles"`
	Expiry time.Time           `json:"expiry"` // zero if the response has none
	Token  string              `json:"token"`  // only in the response that created it
	Made   time.Time           `json:"-"`      // time according to the service's clock when it was created, or zero
}

// RoleAssignment is a role, by id, in the application or in one organization.
type RoleAssignment struct {
	Role         string `json:"role"`
	Organization string `json:"organization,omitempty"`
}

// Role is a built-in or custom role of an application.
type Role struct {
	ID          string `json:"id"`
	DisplayName string `json:"displayName"`
}

func (r Role) weight() int { return len(r.ID) + len(r.DisplayName) }

// CreateToken creates an API token that expires at expiry. A response without a
// usable token is a bad response, after which the token may exist. PUT
// /api/apiTokens/{tokenId}
func (c *IoTCentral) CreateToken(ctx context.Context, id string, roles []RoleAssignment, expiry time.Time) (APIToken, error) {
	call := c.call(http.MethodPut, "apiTokens", id)
	call.Once = true // after a lost response, the retry could hit a token that someone else has created meanwhile
	call.Body = struct {
		Roles  []RoleAssignment `json:"roles"`
		Expiry time.Time        `json:"expiry"`
	}{roles, expiry}
	var made APIToken
	reply, err := c.Caller.Do(ctx, call, &made)
	if err != nil {
		return APIToken{}, fmt.Errorf("create the API token %s: %w", id, c.explain(taken(err)))
	}
	if !printable(made.Token) {
		return APIToken{}, reply.Bad("create the API token %s: the response does not contain a usable token", id)
	}
	made.Made = reply.Date()
	return made, nil
}

// taken returns token-exists if the id is in use: PUT creates, and does not replace.
func taken(err error) error {
	if f := fault.From(err); answered(err) && f.Status == http.StatusConflict {
		f.Code = fault.TokenExists
		return f
	}
	return err
}

// Token returns the API token with that id, without its value; ok is false if it
// does not exist. GET /api/apiTokens/{tokenId}
func (c *IoTCentral) Token(ctx context.Context, id string) (found APIToken, ok bool, err error) {
	_, err = c.Caller.Do(ctx, c.call(http.MethodGet, "apiTokens", id), &found)
	if err == nil {
		return found, true, nil
	}
	if err = c.missing(ctx, err); err != nil {
		return APIToken{}, false, fmt.Errorf("look up the API token %s: %w", id, c.explain(err))
	}
	return APIToken{}, false, nil
}

// DeleteToken deletes an API token. A token that no longer exists is not an error.
// DELETE /api/apiTokens/{tokenId}
func (c *IoTCentral) DeleteToken(ctx context.Context, id string) (gone bool, err error) {
	call := c.call(http.MethodDelete, "apiTokens", id)
	reply, err := c.Caller.Do(ctx, call, nil)
	if err == nil {
		err = ended(call, reply)
	} else {
		err = c.missing(ctx, err)
		gone = err == nil
	}
	if err != nil {
		return false, fmt.Errorf("delete the API token %s: %w", id, c.explain(err))
	}
	return gone, nil
}

// missing returns nil if err says that the token does not exist. A 404 without
// details may also mean that the application does not exist; one more request finds
// out.
func (c *IoTCentral) missing(ctx context.Context, err error) error {
	e := fault.From(err)
	switch {
	case e.Status != http.StatusNotFound || !answered(err):
		return err
	case e.Code != fault.ResourceNotFound:
		return nil
	}
	_, err = c.Caller.Do(ctx, c.call(http.MethodGet, "apiTokens"), nil)
	return err
}

// Roles yields the application's roles from all pages. GET /api/roles
func (c *IoTCentral) Roles(ctx context.Context) iter.Seq2[Role, error] {
	return pages(ctx, func(ctx context.Context, next string, each func(Role) error) (string, error) {
		call := c.call(http.MethodGet, "roles")
		if next != "" {
			var err error
			if call.URL, err = c.page(next); err != nil {
				return "", err
			}
		}
		var page struct {
			Next string `json:"nextLink"`
		}
		_, err := transport.List(ctx, c.Caller, call, "value", &page, each)
		return page.Next, stopOr(err, "list the roles", c.explain)
	})
}

// page returns the address of a list's next page, which must be on the same host.
func (c *IoTCentral) page(next string) (*url.URL, error) {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != c.Base.Scheme || u.Host != c.Base.Host || u.User != nil {
		return nil, fault.New(fault.BadResponse, "list the roles: the address of the next page is not valid, or is on another host")
	}
	return u, nil
}

func (c *IoTCentral) call(method string, segments ...string) transport.Call {
	u := join(c.Base, append([]string{"api"}, segments...)...)
	u.RawQuery = "api-version=" + iotVersion
	return transport.Call{Method: method, URL: u, Refused: refusedIoT}
}

// explain adds who can change what.
func (c *IoTCentral) explain(err error) error {
	if !answered(err) {
		return err
	}
	e := fault.From(err)
	switch {
	case e.Status == http.StatusUnauthorized, e.Code == fault.CredentialRejected:
		e.Hints = []string{"IoT Central accepts an Entra token for https://apps.azureiotcentral.com, or an API token (SharedAccessSignature …) of this application",
			"an administrator of the application must add the identity: Permissions > Users (a service principal by its tenant id and object id)"}
	case e.Status == http.StatusForbidden:
		e.Hints = []string{"an administrator of the application can assign a role that can manage API tokens: App Administrator, or a custom role with the API token permissions (Permissions > Roles)"}
	case e.Status == http.StatusNotFound, e.Code == fault.Network && strings.Contains(e.Error(), "no such host"):
		e.Hints = []string{applications}
	case e.Status == http.StatusUnprocessableEntity, e.Status == http.StatusBadRequest:
		e.Hints = []string{"check `roles` (an organization role needs its organization: role@organization), token-id and `lifetime`"}
	}
	return e
}

// printable reports whether s can be a token: not empty, and without control
// characters.
func printable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// SASExpiry returns the expiry in an API token.
func SASExpiry(token string) (time.Time, bool) {
	sas, _ := pattern.ParseSAS(token)
	return sas.Expires, !sas.Expires.IsZero()
}
