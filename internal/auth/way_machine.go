package auth

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// wayManaged is a machine in Azure with its own identity.
const wayManaged = "managed-identity"

func machineWay() way {
	return way{name: wayManaged, listed: 7, appOnly: true, needs: nothing, build: (*chooser).managed}
}

// machineSource asks the machine for the token of its managed identity.
type machineSource struct {
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
			return nil, fault.Input("client-id", "remove client-id (AZURE_CLIENT_ID)", "client-id: %s has only the identity of its user", at.name)
		}
	}
	return c.fetched(wayManaged, whose, machineSource{c.registration(), at}), nil
}

// metadataTimeout applies to one attempt: if there is no metadata endpoint, nothing
// answers at all.
const metadataTimeout = 10 * time.Second

const (
	askingMachine = "get a token for the managed identity"
	machineHint   = "managed-identity works on machines in Azure (or connected by Azure Arc) that have an identity assigned: the machine's page > Identity"
)

// machineToken is the response of a metadata endpoint.
type machineToken struct {
	granted
	Client  string          `json:"client_id"`
	Expires json.RawMessage `json:"expires_on"` // Unix time
}

func (s machineSource) fetch(ctx context.Context, w Wire) (grant, error) {
	got, reply, err := s.ask(ctx, w, "")
	if err != nil && reply.Status == http.StatusUnauthorized && s.at.keys != "" {
		key, wrong := s.prove(reply.Header.Get("Www-Authenticate"))
		if wrong != nil {
			return grant{}, asking(askingMachine, wrong)
		}
		w.Hide(key)
		got, reply, err = s.ask(ctx, w, key)
	}
	if err == nil {
		err = s.wrong(got, reply)
	}
	if err != nil {
		f := asking(askingMachine, err)
		if f.Code == fault.Network {
			f.Hints = []string{machineHint}
		}
		return grant{}, f
	}
	return grant{Token: got.token()}, nil
}

// ask sends the request. key is the proof that Azure Arc requires. It also retries
// after 404 and 410, which the endpoint returns while it is being updated:
// learn.microsoft.com, "How to use managed identities on an Azure VM to acquire an
// access token", error handling.
func (s machineSource) ask(ctx context.Context, w Wire, key string) (got machineToken, reply transport.Reply, err error) {
	call := s.at.call(strings.TrimSuffix(s.scope, "/.default"), s.client)
	call.Metadata, call.Limit, call.Again = true, metadataTimeout, []int{http.StatusNotFound, http.StatusGone}
	call.Secrets, call.Refused = []string{s.at.secret}, s.refused
	var authorize transport.Authorize
	if key != "" {
		authorize = func(context.Context) (string, error) { return "Basic " + key, nil }
	}
	reply, err = transport.NewCaller(w.Transport, authorize).Do(ctx, call, &got)
	return got, reply, err
}

// wrong describes the problem with a response that should contain a token.
func (s machineSource) wrong(got machineToken, reply transport.Reply) error {
	switch {
	case got.Access == "":
		return reply.Bad("HTTP %d without a token", reply.Status)
	case s.at.keys != "" && s.client != "" && !strings.EqualFold(got.Client, s.client):
		return fault.New(fault.CredentialRejected, "the Azure Arc agent returned another identity than %s", s.client).
			With("update the agent, or remove client-id (AZURE_CLIENT_ID) to use the machine's own identity")
	}
	return nil
}

func (m machineToken) token() Token {
	t := Token{Value: m.Access}
	if at := seconds(m.Expires); at > 0 {
		t.Expires = time.Unix(at, 0).UTC()
	} else if life := seconds(m.Life); life > 0 {
		t.Expires = time.Now().Add(time.Duration(life) * time.Second).UTC()
	}
	return t
}

// refused explains a response without a token.
func (s machineSource) refused(a transport.Answer) *fault.Error {
	var e entraError
	a.Decode(&e)
	said := a.Clean(firstLine(e.Description))
	switch {
	case a.IsBusy():
		return a.ByStatus(said)
	case a.Status == http.StatusOK:
		return fault.New(fault.BadResponse, "HTTP 200 with a web page instead of a token")
	}
	whose := "a system-assigned identity"
	if s.client != "" {
		whose = "the identity " + s.client
	}
	if said != "" {
		said = " (" + said + ")"
	}
	return fault.New(fault.CredentialRejected, "HTTP %d: %s does not have %s%s", a.Status, s.at.name, whose, said).
		With(machineHint, "set client-id to use a user-assigned identity; remove client-id (AZURE_CLIENT_ID) to use the system-assigned one")
}

// maxKey is the size limit of Azure Arc's keys, as in Microsoft's libraries.
const maxKey = 4096

// prove answers Azure Arc's challenge with the content of a file that only those who
// may have tokens can read: learn.microsoft.com, "Authenticate against Azure
// resources with Azure Arc-enabled servers".
func (s machineSource) prove(challenge string) (string, error) {
	_, path, ok := strings.Cut(challenge, "Basic realm=")
	path = strings.Trim(path, `"`)
	if !ok || filepath.Dir(path) != filepath.Clean(s.at.keys) || filepath.Ext(path) != ".key" {
		return "", fault.New(fault.BadResponse, "Azure Arc did not name a key file in %s", s.at.keys).
			With("update the Azure Arc agent on this machine")
	}
	key, err := readKey(path)
	if err != nil {
		return "", fault.New(fault.CredentialRejected, "read the key file of Azure Arc: %w", err).
			With("add the user that runs the job to the group himds (on Windows: Hybrid agent extension applications), and start a new session for it")
	}
	return key, nil
}

func readKey(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	key, err := io.ReadAll(io.LimitReader(f, maxKey))
	return strings.TrimSpace(string(key)), err
}
