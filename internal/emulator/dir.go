package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WriteDir makes dir and writes what clients need: ca.pem, and env, shell lines
// that point azstep and common clients here. Both are readable by their owner
// alone, and complete whenever they are there.
func (s *Server) WriteDir(dir string) error {
	if s.url == "" {
		return errStopped
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the directory: %w", err)
	}
	ca, err := filepath.Abs(filepath.Join(dir, "ca.pem"))
	if err != nil {
		return fmt.Errorf("find the directory: %w", err)
	}
	if err := writeWhole(ca, s.CAPEM()); err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, "env"), []byte(s.env(ca)))
}

// demoTokenLife outlasts a demo.
const demoTokenLife = 12 * time.Hour

func (s *Server) env(ca string) string {
	var b strings.Builder
	export := func(name, value string) { fmt.Fprintf(&b, "export %s=%s\n", name, shellQuote(value)) }
	b.WriteString("# Everything here is fake and good for nothing but this emulator.\n")
	export("AZSTEP_ORGANIZATION", s.url+"/"+s.firstOrganization())
	export("AZSTEP_PROJECT", s.firstProject())
	export("AZSTEP_APPLICATION", s.url)
	export("AZSTEP_AUTHORITY_HOST", s.url)
	export("AZSTEP_CA_FILE", ca)
	b.WriteString("# an Entra token of a user, for Azure DevOps\n")
	export("AZSTEP_CREDENTIAL", s.Token(TokenOptions{ExpiresIn: demoTokenLife}))
	b.WriteString("# for other clients\n")
	export("AZURE_AUTHORITY_HOST", s.url)
	for _, name := range []string{"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"} {
		export(name, ca)
	}
	return b.String()
}

func (s *Server) firstOrganization() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.orgs[0].Name
}

func (s *Server) firstProject() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if projects := s.st.orgs[0].Projects; len(projects) > 0 {
		return projects[0].Name
	}
	return ""
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// writeWhole puts a file in place at once: a reader sees the old one or all of
// the new one, with mode 0600 whatever was there before.
func writeWhole(path string, content []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".azstep-*") // 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = temporary.Write(content)
	if closing := temporary.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
