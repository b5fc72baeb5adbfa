package client

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
	"github.com/azstep/azstep/internal/trust"

	"github.com/google/go-cmp/cmp"
)

const (
	jsonType = "application/json; charset=utf-8; api-version=7.1"
	htmlType = "text/html; charset=utf-8"
	fakePAT  = "FAKE-PAT-0001-not-a-real-token"
)

func vss(typeKey, message string) string {
	b, _ := json.Marshal(map[string]any{"$id": "1", "innerException": nil, "message": message, "typeKey": typeKey, "errorCode": 0})
	return string(b)
}

// The services that the tests call.
const (
	azureDevOps = iota
	pats
	iot
)

// facts are the properties by which failures are compared.
type facts struct {
	Code      fault.Code
	Status    int
	MaybeDone bool
}

// refusals lists responses with their meaning for the service that was called.
var refusals = []struct {
	by     int
	name   string
	status int
	kind   string
	body   string
	header http.Header
	want   facts
	text   string // part of the error
}{
	{by: azureDevOps, name: "401 envelope", status: 401, kind: jsonType, body: vss("UnauthorizedRequestException", "TF400813: The user '' is not authorized to access this resource."),
		want: facts{fault.CredentialRejected, 401, false}, text: "TF400813"},
	{by: azureDevOps, name: "401 empty", status: 401, want: facts{fault.CredentialRejected, 401, false}},
	{by: azureDevOps, name: "401 page", status: 401, kind: htmlType, body: "<html>Sign In</html>", want: facts{fault.CredentialRejected, 401, false}},
	{by: azureDevOps, name: "203 page", status: 203, kind: htmlType, body: "<!DOCTYPE html><title>Azure DevOps Services | Sign In</title>", want: facts{fault.CredentialRejected, 203, false}},
	{by: azureDevOps, name: "203 JSON", status: 203, kind: jsonType, body: `{"name":"x"}`, want: facts{fault.CredentialRejected, 203, false}},
	{by: azureDevOps, name: "302 to sign-in", status: 302, kind: htmlType, header: http.Header{"Location": {"https://spsprodsin2.vssps.visualstudio.com/_signin?realm=SECRET-QUERY"}},
		want: facts{fault.CredentialRejected, 302, false}, text: "redirects to spsprodsin2.vssps.visualstudio.com"},
	{by: azureDevOps, name: "307 of a POST", status: 307, header: http.Header{"Location": {"/elsewhere"}}, want: facts{fault.CredentialRejected, 307, false}},
	{by: azureDevOps, name: "200 page", status: 200, kind: htmlType, body: "<html>", want: facts{fault.BadResponse, 200, true}},
	{by: azureDevOps, name: "200 page to sign in at", status: 200, kind: htmlType, body: "<html><title>Azure DevOps Services | Sign In</title>", want: facts{fault.CredentialRejected, 200, false}},
	{by: azureDevOps, name: "200 page that says nothing of it", status: 200, body: "\ufeff<!DOCTYPE html><html>", want: facts{fault.BadResponse, 200, true}},
	{by: azureDevOps, name: "403 sign-in page", status: 403, kind: htmlType, body: `<a href="https://x/_signin?y">`, want: facts{fault.CredentialRejected, 403, false}},
	{by: azureDevOps, name: "403 page of a proxy", status: 403, kind: htmlType, body: "<html>Blocked</html>", want: facts{fault.PermissionDenied, 403, false}},
	{by: azureDevOps, name: "403 envelope", status: 403, kind: jsonType, body: vss("AccessCheckException", "TF50309: you lack Edit"), want: facts{fault.PermissionDenied, 403, false}, text: "TF50309: you lack Edit (AccessCheckException)"},
	{by: azureDevOps, name: "400 permission", status: 400, kind: jsonType, body: vss("AccessCheckException", "TF50309: you lack Edit"), want: facts{fault.PermissionDenied, 400, false}},
	{by: azureDevOps, name: "expired PAT", status: 403, kind: jsonType, body: vss("AccessCheckException", "Access Denied: The Personal Access Token used has expired."), want: facts{fault.CredentialRejected, 403, false}},
	{by: azureDevOps, name: "service principal", status: 400, kind: jsonType, body: vss("InvalidAccessException", "Service principals are not allowed to perform this action."), want: facts{fault.AppOnlyCredential, 400, false}},
	{by: azureDevOps, name: "404 plain", status: 404, want: facts{"team-not-here", 404, false}},
	{by: azureDevOps, name: "404 project", status: 404, kind: jsonType, body: vss("ProjectDoesNotExistWithNameException", "TF200016: The following project does not exist: Foo."), want: facts{fault.ProjectNotFound, 404, false}},
	{by: azureDevOps, name: "404 project by its text", status: 404, kind: jsonType, body: vss("", "TF200016: The following project does not exist: Foo."), want: facts{fault.ProjectNotFound, 404, false}},
	{by: azureDevOps, name: "400 project", status: 400, kind: jsonType, body: vss("Exception", "VS800075: The project with id x does not exist"), want: facts{fault.ProjectNotFound, 400, false}},
	{by: azureDevOps, name: "404 organization", status: 404, kind: jsonType, body: vss("ServiceHostDoesNotExistException", "no such host"), want: facts{fault.OrganizationNotFound, 404, false}},
	{by: azureDevOps, name: "404 organization, other key", status: 404, kind: jsonType, body: vss("OrganizationNotFoundException", "gone"), want: facts{fault.OrganizationNotFound, 404, false}},
	{by: azureDevOps, name: "400 JSON", status: 400, kind: jsonType, body: vss("JsonReaderException", "TF400898: An Internal Error Occurred."), want: facts{fault.RequestRefused, 400, false}, text: "TF400898"},
	{by: azureDevOps, name: "400 improper", status: 400, kind: jsonType, body: "\ufeff" + `{"count":1,"value":{"Message":"the request is bad"}}`, want: facts{fault.RequestRefused, 400, false}, text: "the request is bad"},
	{by: azureDevOps, name: "400 text", status: 400, kind: "text/plain", body: "no   api\n version", want: facts{fault.RequestRefused, 400, false}, text: "no api version"},
	{by: azureDevOps, name: "400 cut JSON", status: 400, kind: jsonType, body: `{"message":"TF4`, want: facts{fault.RequestRefused, 400, true}},
	{by: azureDevOps, name: "400 larger than is read", status: 400, kind: jsonType, body: `{"x":"` + strings.Repeat("x", 64<<10) + `"}`, want: facts{fault.RequestRefused, 400, true}},
	{by: azureDevOps, name: "409", status: 409, kind: jsonType, body: "[]", want: facts{fault.RequestRefused, 409, false}},
	{by: azureDevOps, name: "429", status: 429, kind: jsonType, body: vss("", "TF400733: The request has been canceled"), want: facts{fault.RateLimited, 429, false}, text: "TF400733"},
	{by: azureDevOps, name: "408", status: 408, want: facts{fault.ServiceUnavailable, 408, true}},
	{by: azureDevOps, name: "500", status: 500, kind: jsonType, body: vss("Boom", "boom"), want: facts{fault.ServiceUnavailable, 500, true}},
	{by: azureDevOps, name: "501", status: 501, want: facts{fault.ServiceUnavailable, 501, true}},
	{by: azureDevOps, name: "503 page", status: 503, kind: htmlType, body: "<html>sign in</html>", want: facts{fault.ServiceUnavailable, 503, true}},
	{by: pats, name: "PAT policy, 200", status: 200, kind: jsonType, body: `{"patToken":null,"patTokenError":"globalPATCreationBlocked"}`, want: facts{"pat-global-pat-creation-blocked", 200, false}},
	{by: pats, name: "PAT policy, 400", status: 400, kind: jsonType, body: `{"patTokenError":"invalidScope","patTokenErrorMessage":"vso.x is unknown"}`, want: facts{"pat-invalid-scope", 400, false}, text: "vso.x is unknown"},
	{by: pats, name: "PAT policy, 401", status: 401, kind: jsonType, body: `{"patTokenError":"accessDenied"}`, want: facts{"pat-access-denied", 401, false}},
	{by: pats, name: "PAT policy, 500", status: 500, kind: jsonType, body: `{"patTokenError":"failedToIssueAccessToken"}`, want: facts{"pat-failed-to-issue-access-token", 500, false}},
	{by: pats, name: "PAT none, 400", status: 400, kind: jsonType, body: `{"patTokenError":"none"}`, want: facts{fault.RequestRefused, 400, false}},
	{by: pats, name: "PAT error as a number", status: 400, kind: jsonType, body: `{"patTokenError":7}`, want: facts{fault.RequestRefused, 400, false}},
	{by: iot, name: "IoT 401", status: 401, kind: jsonType, body: `{"error":{"code":"Unauthenticated","message":"The provided authentication token is invalid.","requestId":"129yztvc","time":"Tue, 25 Apr 2023 11:24:53 GMT"}}`,
		want: facts{"iot-unauthenticated", 401, false}, text: "The provided authentication token is invalid."},
	{by: iot, name: "IoT 404 by header", status: 404, header: http.Header{"X-Ms-Error-Code": {"NotFound"}}, want: facts{"iot-not-found", 404, false}},
	{by: iot, name: "IoT 429", status: 429, kind: jsonType, body: `{"error":{"code":"TooManyRequests","message":"slow down"}}`, want: facts{fault.RateLimited, 429, false}, text: "slow down"},
	{by: iot, name: "IoT 500", status: 500, kind: jsonType, body: `{"error":{"code":"Internal","message":"oops"}}`, want: facts{fault.ServiceUnavailable, 500, true}},
	{by: iot, name: "IoT code that would be a command", status: 422, kind: jsonType, body: `{"error":{"code":"\n::error::x","message":"m"}}`, want: facts{"iot-error-x", 422, false}},
	{by: azureDevOps, name: "a gateway's envelope", status: 400, kind: jsonType, body: `{"error":{"code":"BadGateway","message":"no such host"}}`, want: facts{fault.RequestRefused, 400, false}, text: "no such host"},
	{by: azureDevOps, name: "a gateway's 403", status: 403, kind: jsonType, body: `{"error":{"code":"Forbidden","message":"blocked"}}`, want: facts{fault.PermissionDenied, 403, false}, text: "blocked"},
	{by: azureDevOps, name: "a gateway's 401", status: 401, kind: jsonType, body: `{"error":{"code":"Unauthenticated","message":"m"}}`, want: facts{fault.CredentialRejected, 401, false}},
	{by: azureDevOps, name: "a gateway's 404", status: 404, kind: jsonType, body: `{"error":{"code":"NotFound","message":"m"}}`, want: facts{"team-not-here", 404, false}},
	{by: azureDevOps, name: "a gateway's header", status: 404, header: http.Header{"X-Ms-Error-Code": {"NotFound"}}, want: facts{"team-not-here", 404, false}},
	{by: pats, name: "a gateway before the PAT API", status: 409, kind: jsonType, body: `{"error":{"code":"Conflict","message":"m"}}`, header: http.Header{"X-Ms-Error-Code": {"Conflict"}}, want: facts{fault.RequestRefused, 409, false}},
	{by: azureDevOps, name: "the PAT API's word elsewhere", status: 400, kind: jsonType, body: `{"patTokenError":"accessDenied"}`, want: facts{fault.RequestRefused, 400, false}},
	{by: iot, name: "Azure DevOps' envelope", status: 404, kind: jsonType, body: vss("ProjectDoesNotExistWithNameException", "TF200016: x"), want: facts{fault.ResourceNotFound, 404, false}, text: "TF200016"},
	{by: iot, name: "the PAT API's word", status: 400, kind: jsonType, body: `{"patTokenError":"accessDenied"}`, want: facts{fault.RequestRefused, 400, false}},
	{by: iot, name: "throttled", status: 401, kind: jsonType, body: `{"error":{"code":"Unauthenticated","message":"m"}}`, header: http.Header{"Retry-After": {"1"}}, want: facts{fault.RateLimited, 401, false}},
}

// call returns a call to one of the services at an address.
func call(by int, at *url.URL) (transport.Call, any) {
	var answer struct{ Name string }
	c := devops(http.MethodPost, at, "7.1", "team-not-here", nil, "_apis", "x")
	switch by {
	case pats:
		c.Refused = refusedPAT("team-not-here")
		c.Body, c.Once = 1, true
		return c, &struct{ patResult }{}
	case iot:
		c.Refused = refusedIoT
	}
	c.Body, c.Once = 1, true
	return c, &answer
}

// answering returns a service that gives the same answer to every request, and a
// caller.
func answering(t *testing.T, h http.HandlerFunc) (*url.URL, *transport.Caller) {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	roots, err := trust.New(trust.Options{CAs: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})})
	if err != nil {
		t.Fatal(err)
	}
	tr := transport.New(transport.Options{Trust: roots, MaxAttempts: 1})
	t.Cleanup(tr.Close)
	base, err := ParseBase(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return base, transport.NewCaller(tr, func(context.Context) (string, error) { return "Bearer " + fakePAT, nil })
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at, caller := answering(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tt.header {
					w.Header()[k] = v
				}
				w.Header().Set("ActivityId", "b1f5c9f0-1111-2222-3333-444455556666")
				w.Header()["Content-Type"] = nil
				if tt.kind != "" {
					w.Header().Set("Content-Type", tt.kind)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			c, into := call(tt.by, at)
			reply, err := caller.Do(t.Context(), c, into)
			f := fault.From(err)
			if f == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, facts{f.Code, f.Status, f.MaybeDone}); diff != "" {
				t.Errorf("-want +got\n%s\n%v", diff, err)
			}
			if !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "SECRET-QUERY") || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("text: %q", err)
			}
			if f.RequestID == "" || reply.Status != tt.status || reply.RequestID == "" || f.ExitCode() != 1 {
				t.Errorf("request id %q, reply %+v, exit %d", f.RequestID, reply, f.ExitCode())
			}
			if strings.Contains(err.Error(), "IoT Central") && tt.by != iot {
				t.Errorf("the error names IoT Central, which was not called: %v", err)
			}
		})
	}
}

func TestPATRefusalsHaveHints(t *testing.T) {
	t.Parallel()
	for _, e := range PATErrors() {
		if e.Text == "" || e.Hint == "" || !strings.HasPrefix(string(e.Code), "pat-") {
			t.Errorf("%+v", e)
		}
	}
	unknown := (&patResult{Error: "brandNewRefusal"}).Refused(transport.Answer{})
	if unknown.Code != "pat-brand-new-refusal" || len(unknown.Hints) == 0 {
		t.Errorf("%+v", unknown)
	}
}

// If a service repeats the credential, anywhere in the response and in any case, it
// must not get into the error.
func TestEchoesAreNotInTheError(t *testing.T) {
	t.Parallel()
	for _, canary := range []string{fakePAT, strings.ToLower(fakePAT), strings.ToUpper(fakePAT), "Bearer " + fakePAT} {
		quoted, _ := json.Marshal(canary)
		for by := azureDevOps; by <= iot; by++ {
			for status, body := range map[int]string{
				403: `{"message":` + string(quoted) + `}`, 400: `{"typeKey":` + string(quoted) + `}`, 409: `{"value":{"message":` + string(quoted) + `}}`,
				200: `{"patTokenError":` + string(quoted) + `,"patTokenErrorMessage":` + string(quoted) + `}`,
				404: `{"error":{"code":` + string(quoted) + `,"message":` + string(quoted) + `,"requestId":` + string(quoted) + `}}`,
			} {
				at, caller := answering(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", jsonType)
					w.Header().Set("X-Ms-Error-Code", canary)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, body)
				})
				c, into := call(by, at)
				if _, err := caller.Do(t.Context(), c, into); err != nil {
					f := fault.From(err)
					if seen := strings.ToLower(err.Error() + string(f.Code) + strings.Join(f.Hints, "") + f.RequestID); strings.Contains(seen, strings.ToLower(fakePAT)) {
						t.Errorf("service %d, %d: %s", by, status, seen)
					}
				}
			}
		}
	}
}

var codeShape = regexp.MustCompile(`^[a-z0-9-]+$`)

// FuzzRefused passes any answer to the code that explains it for each service: the
// result has a well-formed code and a limited length.
func FuzzRefused(f *testing.F) {
	for _, tt := range refusals {
		f.Add(tt.status, tt.kind, tt.header.Get("Location"), tt.header.Get("X-Ms-Error-Code"), []byte(tt.body))
	}
	f.Fuzz(func(t *testing.T, status int, kind, location, code string, text []byte) {
		a := transport.Answer{What: "GET x", Status: status, Body: text, Header: http.Header{"Content-Type": {kind}, "Location": {location}, "X-Ms-Error-Code": {code}}}
		for _, read := range []func(transport.Answer) *fault.Error{refusedOr("x"), refusedPAT("x"), refusedIoT} {
			got := read(a)
			if !codeShape.MatchString(string(got.Code)) || len([]rune(got.Error())) > 1500 || got.ExitCode() != 1 {
				t.Errorf("code %q, exit %d, %d bytes of text", got.Code, got.ExitCode(), len(got.Error()))
			}
		}
	})
}
