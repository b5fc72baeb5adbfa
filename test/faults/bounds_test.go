//go:build unix

package faults

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mostMemory is the maximum memory of a run, whatever a service answers.
const mostMemory = 64 << 20

// bomb is an answer that is small when compressed and large when decompressed: it
// repeats the element up to that many bytes, between the two ends.
type bomb struct {
	before, element, after string
	size                   int
}

func (b bomb) packed(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	many := strings.Repeat(b.element+",", max(1, 1<<20/len(b.element)))
	_, _ = io.WriteString(z, b.before)
	for n := 0; n < b.size; n += len(many) {
		_, _ = io.WriteString(z, many)
	}
	_, _ = io.WriteString(z, b.element+b.after)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hostileTo answers requests whose path ends in one of the keys with that bomb, and
// lists some environments unless a key replaces that list.
func hostileTo(t *testing.T, bombs map[string]bomb) *httptest.Server {
	t.Helper()
	p, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	packed := map[string][]byte{}
	for path, b := range bombs {
		packed[path] = b.packed(t)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for path, text := range packed {
			if strings.Contains(r.URL.Path, path) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(text)
				return
			}
		}
		_, _ = io.WriteString(w, `{"count":2,"value":[{"id":1,"name":"a"},{"id":2,"name":"b"}`+strings.Repeat(`,{"id":3,"name":"c"}`, 60)+`]}`)
	}))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{p.right}}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// TestMemoryIsBounded checks that compressed answers of every shape, many of them at
// the same time, are rejected before they use much memory.
func TestMemoryIsBounded(t *testing.T) {
	p, err := issued()
	if err != nil {
		t.Fatal(err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, p.authority, 0o600); err != nil {
		t.Fatal(err)
	}
	const permissions, lists = "/pipelinepermissions/", "/build/definitions"
	all := []string{"check-permissions", "AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_NAME=*"}
	named := []string{"check-permissions", "AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_ID=1", `AZSTEP_PIPELINES=\deploy`}
	one := []string{"check-permissions", "AZSTEP_RESOURCE_TYPE=environment", "AZSTEP_RESOURCE_ID=1"} // for many resources, a laptop's report is not limited
	mint := []string{"mint-pat", "AZSTEP_SCOPES=vso.code"}
	iot := []string{"mint-iot-token", "AZSTEP_ROLES=operator"}
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		run   []string
		bombs map[string]bomb
	}{
		"permissions of nothing, 8 at once":   {all, map[string]bomb{permissions: {`{"pipelines":[`, `{}`, `]}`, 7 << 20}}},
		"permissions of somebody, 8 at once":  {all, map[string]bomb{permissions: {`{"pipelines":[`, `{"id":1,"authorized":true}`, `]}`, 7 << 20}}},
		"permissions of long names":           {one, map[string]bomb{permissions: {`{"pipelines":[`, `{"id":1,"authorized":true,"authorizedBy":{"displayName":"` + long[:300] + `"}}`, `]}`, 7 << 20}}},
		"permissions beside a long text":      {all, map[string]bomb{permissions: {`{"x":["`, long, `"],"pipelines":[]}`, 7 << 20}}},
		"permissions without end":             {all, map[string]bomb{permissions: {`{"pipelines":[`, `{}`, `]}`, 512 << 20}}},
		"a list of empty pipelines":           {named, map[string]bomb{lists: {`{"value":[`, `{}`, `]}`, 300 << 20}}},
		"a list of pipelines with long names": {named, map[string]bomb{lists: {`{"value":[`, `{"id":1,"name":"` + long + `"}`, `]}`, 300 << 20}}},
		"a list with long texts":              {named, map[string]bomb{lists: {`{"value":[`, `"` + long + `"`, `]}`, 300 << 20}}},
		"a list of empty resources":           {all, map[string]bomb{"/environments": {`{"value":[`, `{}`, `]}`, 300 << 20}}},
		"target accounts":                     {mint, map[string]bomb{"/tokens/pats": {`{"patTokenError":"none","patToken":{"targetAccounts":[`, `""`, `]}}`, 7 << 20}}},
		"a PAT of many members":               {mint, map[string]bomb{"/tokens/pats": {`{"patToken":{"x":[`, `{"":{}}`, `]}}`, 7 << 20}}},
		"roles of a token":                    {iot, map[string]bomb{"/apiTokens/": {`{"roles":[`, `{}`, `]}`, 7 << 20}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := hostileTo(t, c.bombs)
			env := append([]string{
				"PATH=/usr/bin:/bin", "AZSTEP_ORGANIZATION=" + s.URL + "/fabrikam", "AZSTEP_PROJECT=Fabrikam", "AZSTEP_APPLICATION=" + s.URL,
				"AZSTEP_CREDENTIAL=" + credentialFor(c.run[0]), "AZSTEP_CA_FILE=" + ca, "AZSTEP_TIMEOUT=20s", "AZSTEP_MAX_ATTEMPTS=1",
			}, c.run[1:]...)
			f, err := start(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "report"), env, c.run[0])
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d MiB, %s, exit %d", f.Peak>>20, f.Took, f.Exit)
			if f.Peak > mostMemory {
				t.Errorf("it used %d MiB of memory", f.Peak>>20)
			}
			if f.Exit == 0 && name == "permissions of long names" { // the answer is unusual, but not too large
				return
			}
			if f.Exit != 1 || !bytes.Contains(f.stdout, []byte(`"bad-response"`)) && !bytes.Contains(f.stdout, []byte(`"revoke-failed"`)) {
				t.Errorf("exit %d, %s\n%.600s", f.Exit, f.stdout, f.stderr)
			}
		})
	}
}

// credentialFor returns a credential that the operation accepts.
func credentialFor(operation string) string {
	switch operation {
	case "mint-pat":
		return userToken
	case "mint-iot-token":
		return "SharedAccessSignature sr=fake&sig=FAKE&skn=fake&se=4102444800000"
	}
	return strings.Repeat("FAKEPAT0", 8)
}

// userToken is an obviously fake Entra token of a user.
const userToken = "eyJhbGciOiJub25lIn0.eyJpZHR5cCI6InVzZXIiLCJzY3AiOiJ2c28ucGF0cyJ9.RkFLRQ"
