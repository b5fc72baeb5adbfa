package emulator

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WriteDir creates dir and writes the files for clients: ca.pem, and shell variables
// that point azstep and common clients to the emulator. env has a user's token.
// env-github, env-azure-pipelines, env-gitlab, env-kubernetes and
// env-managed-identity are sourced after it. They sign in without a secret, as a job
// of that host, a pod or a machine in Azure. Only their owner can read the files,
// and none is ever incomplete.
func (s *Server) WriteDir(dir string) error {
	if s.url == "" {
		return errStopped
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find the directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the directory: %w", err)
	}
	ca := filepath.Join(dir, "ca.pem")
	pod, err := s.writePod(dir)
	if err != nil {
		return err
	}
	for path, content := range map[string]string{
		ca:                               string(s.CAPEM()),
		filepath.Join(dir, "env"):        s.env(dir, ca),
		filepath.Join(dir, "env-github"): keyless("github-oidc", s.GitHubEnv()),
		filepath.Join(dir, "env-azure-pipelines"):  keyless("azure-pipelines-oidc", s.PipelinesEnv(), "AZSTEP_HOST=azure-pipelines"),
		filepath.Join(dir, "env-gitlab"):           keyless("assertion", s.GitLabEnv()),
		filepath.Join(dir, "env-kubernetes"):       keyless("assertion", pod),
		filepath.Join(dir, "env-managed-identity"): keyless("managed-identity", s.ManagedIdentityEnv()),
	} {
		if err := writeWhole(path, []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

// demoTokenLife is longer than a demo.
const demoTokenLife = 12 * time.Hour

func (s *Server) env(dir, ca string) string {
	return "# Everything here is fake. It works only with this emulator.\n" +
		exports([]string{
			"AZSTEP_ORGANIZATION=" + s.url + "/" + s.firstOrganization(),
			"AZSTEP_PROJECT=" + s.firstProject(),
			"AZSTEP_APPLICATION=" + s.url,
			"AZSTEP_AUTHORITY_HOST=" + s.url,
			"AZSTEP_CA_FILE=" + ca,
		}) +
		s.trusted() +
		"# an Entra token of a user, for Azure DevOps and IoT Central\n" +
		exports([]string{"AZSTEP_CREDENTIAL=" + s.Token(TokenOptions{Scopes: "user_impersonation", Audience: everyService, ExpiresIn: demoTokenLife})}) +
		"# the same user's refresh token, for mint-entra-token\n" +
		exports(s.signIn()) +
		"# for other clients\n" +
		exports([]string{"AZURE_AUTHORITY_HOST=" + s.url, "SSL_CERT_FILE=" + ca, "NODE_EXTRA_CA_CERTS=" + ca, "REQUESTS_CA_BUNDLE=" + ca}) +
		"# To sign in without a secret, as a job of GitHub Actions, Azure Pipelines or\n" +
		"# GitLab CI, a pod with workload identity, or a machine with a managed identity,\n" +
		"# source one of these as well, in a subshell:\n" +
		"#   . " + shellQuote(filepath.Join(dir, "env-github")) + "\n" +
		"#   . " + shellQuote(filepath.Join(dir, "env-azure-pipelines")) + "\n" +
		"#   . " + shellQuote(filepath.Join(dir, "env-gitlab")) + "\n" +
		"#   . " + shellQuote(filepath.Join(dir, "env-kubernetes")) + "\n" +
		"#   . " + shellQuote(filepath.Join(dir, "env-managed-identity")) + "\n"
}

// signIn returns the variables of a user who signed in with `azstep login`.
func (s *Server) signIn() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, app := s.st.application(loginApplication)
	return []string{"AZSTEP_TENANT_ID=" + t.ID, "AZSTEP_CLIENT_ID=" + app.ID, "AZSTEP_REFRESH_TOKEN=" + s.refreshToken("", loginApplication)}
}

// loginApplication is the public client of the seed.
const loginApplication = "azstep login"

// trusted returns the line that lets azstep send credentials to a host that is not
// Microsoft's or a loopback address.
func (s *Server) trusted() string {
	if s.options.Name == "" {
		return ""
	}
	return exports([]string{"AZSTEP_TRUSTED_HOSTS=" + s.options.Name})
}

// keyless returns the lines that replace the user's token by the identity of a job or
// a machine. They name the way to sign in, because azstep does not take all of them by
// itself outside of that host.
func keyless(auth string, variables []string, more ...string) string {
	return "# Everything here is fake. Source this file after env.\nunset AZSTEP_CREDENTIAL AZSTEP_REFRESH_TOKEN AZSTEP_TENANT_ID AZSTEP_CLIENT_ID\n" +
		exports(variables) + exports(more) + exports([]string{"AZSTEP_AUTH=" + auth})
}

func exports(variables []string) string {
	var b strings.Builder
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		fmt.Fprintf(&b, "export %s=%s\n", name, shellQuote(value))
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

// writeWhole replaces a file atomically. Its mode is always 0600.
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
