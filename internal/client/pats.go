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
	"github.com/azstep/azstep/internal/transport"
)

// patVersion is the latest version of the PAT API that is not deprecated.
const patVersion = "7.1-preview.1"

// patPage is the number of PATs on one page of the list: the service's maximum.
const patPage = "100"

// PATs is the Azure DevOps PAT lifecycle API of one organization. It accepts only a
// user's Entra token.
type PATs struct {
	Caller *Caller
	Base   *url.URL // Organization.PATs
	// Served, if not nil, receives the time of the service's clock after each page
	// of the list.
	Served func(time.Time)
}

// PAT is a personal access token as returned by the service.
type PAT struct {
	AuthorizationID string      `json:"authorizationId"`
	DisplayName     string      `json:"displayName"`
	Scope           string      `json:"scope"` // separated by spaces
	TargetAccounts  few[string] `json:"targetAccounts"`
	Token           string      `json:"token"` // only in the response that created it
	ValidFrom       time.Time   `json:"validFrom"`
	ValidTo         time.Time   `json:"validTo"` // zero if the response has none
	Made            time.Time   `json:"-"`       // time according to the service's clock when it was created, or zero
}

func (p PAT) weight() int { return len(p.AuthorizationID) + len(p.DisplayName) + len(p.Scope) }

// CreatePAT is the request to create a PAT.
type CreatePAT struct {
	DisplayName string    `json:"displayName"`
	Scope       string    `json:"scope"` // separated by spaces
	ValidTo     time.Time `json:"validTo"`
	AllOrgs     bool      `json:"allOrgs"`
}

// Create creates a PAT. A response may have status 200 and still contain no token.
// That is a bad response, after which a PAT may exist. POST
// {organization}/_apis/tokens/pats
func (p *PATs) Create(ctx context.Context, in CreatePAT) (PAT, error) {
	call := p.call(http.MethodPost, fault.OrganizationNotFound, nil)
	call.Body, call.Once = in, true
	var answer struct {
		PAT PAT `json:"patToken"`
		patResult
	}
	reply, err := p.Caller.Do(ctx, call, &answer)
	if err != nil {
		return PAT{}, fmt.Errorf("create the PAT: %w", p.explain(err))
	}
	if !deliverable(answer.PAT) {
		return PAT{}, reply.Bad("create the PAT: the service reports success, but its response does not contain a usable token and id")
	}
	answer.PAT.Made = reply.Date()
	return answer.PAT, nil
}

// deliverable reports whether the token and the id in the response look valid: one
// word each.
func deliverable(p PAT) bool {
	return printable(p.Token) && printable(p.AuthorizationID) && !strings.Contains(p.Token+p.AuthorizationID, " ")
}

// All yields the user's active PATs, newest first, from all pages. GET
// {organization}/_apis/tokens/pats
func (p *PATs) All(ctx context.Context) iter.Seq2[PAT, error] {
	return pages(ctx, func(ctx context.Context, token string, each func(PAT) error) (string, error) {
		query := url.Values{"displayFilterOption": {"active"}, "sortByOption": {"displayDate"}, "isSortAscending": {"false"}, "$top": {patPage}}
		if token != "" {
			query.Set("continuationToken", token)
		}
		var page struct {
			listed
			patResult
		}
		reply, err := transport.List(ctx, p.Caller, p.call(http.MethodGet, fault.OrganizationNotFound, query), "patTokens", &page, each)
		if at, unknown := http.ParseTime(reply.Header.Get("Date")); unknown == nil && p.Served != nil {
			p.Served(at)
		}
		return page.next(reply), stopOr(err, "list the PATs", p.explain)
	})
}

// Revoke revokes a PAT. A PAT that no longer exists is not an error. If the response
// could also mean that the organization does not exist, one more request finds out.
// DELETE {organization}/_apis/tokens/pats
func (p *PATs) Revoke(ctx context.Context, authorizationID string) (gone bool, err error) {
	if authorizationID == "" { // what such a request would revoke is not documented
		return false, fault.New(fault.BadResponse, "revoke the PAT: the service lists it without an authorization id")
	}
	call := p.call(http.MethodDelete, fault.ResourceNotFound, url.Values{"authorizationId": {authorizationID}})
	call.Empty = true
	reply, err := p.Caller.Do(ctx, call, new(patResult))
	switch {
	case err == nil:
		err = ended(call, reply)
	case saysAny(err, "pat-authorization-not-found", "pat-token-not-found", "pat-host-authorization-not-found"):
		return true, nil
	case says(err, fault.ResourceNotFound):
		gone, err = true, p.reach(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("revoke the PAT %s: %w", authorizationID, p.explain(err))
	}
	return gone, nil
}

// reach makes the smallest request that fails if the organization does not exist.
func (p *PATs) reach(ctx context.Context) error {
	_, err := p.Caller.Do(ctx, p.call(http.MethodGet, fault.OrganizationNotFound, url.Values{"$top": {"1"}}), new(patResult))
	return err
}

// call returns a call to the only address of the PAT API.
func (p *PATs) call(method string, missing fault.Code, query url.Values) transport.Call {
	call := devops(method, p.Base, patVersion, missing, query, "_apis", "tokens", "pats")
	call.Refused = refusedPAT(missing)
	return call
}

// explain adds hints that are specific to this API.
func (p *PATs) explain(err error) error {
	if !answered(err) {
		return err
	}
	e := fault.From(err)
	switch {
	case e.Code == fault.OrganizationNotFound && p.Base.Host != devAzurePATs:
		e.Hints = []string{"an Azure DevOps Server has no PAT API: PATs can be minted in Azure DevOps Services only",
			"otherwise check the input organization, and that the token's user is a member of it"}
	case e.Code == fault.CredentialRejected:
		e.Hints = append(e.Advice(), "the PAT API accepts only a user's Entra token for 499b84ac-1321-427f-aa17-267ca6975798 with the delegated permissions vso.pats and vso.pats_manage, no PAT and no token of a service principal or managed identity")
	}
	return e
}
