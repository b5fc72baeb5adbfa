package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
)

// managedSource asks the machine for the token of its managed identity.
type managedSource struct {
	registration
	at metadata
}

func (c *chooser) managed() (*Credential, error) {
	at, err := c.metadata()
	if err != nil {
		return nil, err
	}
	whose := "as this machine's managed identity"
	if c.in.ClientID != "" {
		whose += " " + c.in.ClientID
		if at.client == "" {
			return nil, fault.Input("client-id", "leave client-id (AZURE_CLIENT_ID) out", "client-id: %s has the identity of its user alone", at.name)
		}
	}
	return c.fetched(wayManaged, whose, managedSource{c.registration(), at}), nil
}

// metadataTimeout is for one attempt: where there is no metadata endpoint,
// nothing answers at all.
const metadataTimeout = 10 * time.Second

const (
	askingMachine = "get a token for the managed identity"
	machineHint   = "managed-identity works on machines in Azure (or connected by Azure Arc) that have an identity assigned: the machine's page > Identity"
)

// fetch asks again after 404 and 410, too, with which the endpoint answers while
// it is being updated: learn.microsoft.com, "How to use managed identities on an
// Azure VM to acquire an access token", error handling.
func (s managedSource) fetch(ctx context.Context, w Wire) (grant, error) {
	impatient := *w.Client
	impatient.Timeout = metadataTimeout
	w.Client = &impatient
	carry := &courier{wire: w, also: []int{http.StatusNotFound, http.StatusGone}}
	a, err := s.ask(ctx, carry, "")
	if err == nil && a.status == http.StatusUnauthorized && s.at.keys != "" {
		a, err = s.prove(ctx, carry, a.header.Get("Www-Authenticate"))
	}
	if err != nil {
		return grant{}, err
	}
	if a.status != http.StatusOK {
		return grant{}, s.refused(a)
	}
	return s.read(a)
}

// ask sends the request; key is what Azure Arc wants to see.
func (s managedSource) ask(ctx context.Context, carry *courier, key string) (answer, error) {
	req, err := s.at.request(ctx, strings.TrimSuffix(s.scope, "/.default"), s.client, key)
	if err != nil {
		return answer{}, unreachable(ctx, askingMachine, err)
	}
	resp, err := carry.client().Do(req)
	if err != nil {
		return answer{}, unreachable(ctx, askingMachine, err).With(machineHint)
	}
	body, err := readAll(resp)
	if err != nil {
		return answer{}, unreachable(ctx, askingMachine, err).With(machineHint)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: body, secrets: []string{s.at.secret, key}}, nil
}

// read reads the token. Some endpoints write numbers as texts.
func (s managedSource) read(a answer) (grant, error) {
	var got struct {
		Token   string          `json:"access_token"`
		Client  string          `json:"client_id"`
		Expires json.RawMessage `json:"expires_on"` // Unix time
		Life    json.RawMessage `json:"expires_in"` // seconds
	}
	if json.Unmarshal(withoutMark(a.body), &got) != nil || got.Token == "" {
		return grant{}, a.mark(fault.New(fault.BadResponse, "%s: HTTP %d without a token", askingMachine, a.status))
	}
	if s.at.keys != "" && s.client != "" && !strings.EqualFold(got.Client, s.client) {
		return grant{}, fault.New(fault.CredentialRejected, "%s: the agent of Azure Arc answered with another identity than %s", askingMachine, s.client).
			With("update the agent, or leave client-id (AZURE_CLIENT_ID) out for the machine's own identity")
	}
	g := grant{Token: Token{Value: got.Token}}
	if at := seconds(got.Expires); at > 0 {
		g.Expires = time.Unix(at, 0).UTC()
	} else if life := seconds(got.Life); life > 0 {
		g.Expires = time.Now().Add(time.Duration(life) * time.Second).UTC()
	}
	return g, nil
}

// maxSeconds is a bound that no time overflows at: the year 9999.
const maxSeconds = 253402300799

func seconds(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(cmp.Or(text(raw), string(raw)), 10, 64)
	if err != nil || n > maxSeconds {
		return 0
	}
	return n
}

func (s managedSource) refused(a answer) *fault.Error {
	if busy := a.busy(askingMachine); busy != nil {
		return busy
	}
	whose := "a system-assigned identity"
	if s.client != "" {
		whose = "the identity " + s.client
	}
	said, _ := member(a.body, "error_description")
	if said = firstLine(said, a.secrets...); said != "" {
		said = " (" + said + ")"
	}
	return a.mark(fault.New(fault.CredentialRejected, "%s: HTTP %d: %s does not have %s%s", askingMachine, a.status, s.at.name, whose, said).
		With(machineHint, "a user-assigned identity is named by client-id; leave client-id (AZURE_CLIENT_ID) out for the system-assigned one"))
}
