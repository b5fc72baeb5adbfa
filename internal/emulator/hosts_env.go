package emulator

import (
	"fmt"
	"os"
	"path/filepath"
)

// GitHubEnv returns the environment of a GitHub job with `id-token: write`, as
// NAME=value, and the application that trusts it.
func (s *Server) GitHubEnv() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	tenant, app := s.st.federatedApplication(githubIssuer)
	return []string{
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + s.url + githubOIDCPath + "?api-version=2.0",
		"ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + s.st.github.RequestToken,
		"AZURE_TENANT_ID=" + tenant,
		"AZURE_CLIENT_ID=" + app,
	}
}

// PipelinesEnv returns the environment of a job of Azure Pipelines after a step that
// names a service connection: one of the seed's first project that has any.
func (s *Server) PipelinesEnv() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	org := s.st.orgs[0]
	tenant, app := s.st.federatedApplication(pipelinesIssuer + org.ID)
	for _, p := range org.Projects {
		if len(p.ServiceConnections) == 0 {
			continue
		}
		base := s.url + "/" + org.Name + "/"
		return []string{
			"SYSTEM_COLLECTIONURI=" + base,
			"SYSTEM_TEAMPROJECT=" + p.Name,
			"SYSTEM_TEAMPROJECTID=" + p.ID,
			"SYSTEM_ACCESSTOKEN=" + s.jobToken(org, demoTokenLife),
			"SYSTEM_OIDCREQUESTURI=" + base + p.ID + "/_apis/distributedtask/hubs/build/plans/" + newGUID() + "/jobs/" + newGUID() + "/oidctoken",
			"AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=" + p.ServiceConnections[0].ID,
			"AZURESUBSCRIPTION_TENANT_ID=" + tenant,
			"AZURESUBSCRIPTION_CLIENT_ID=" + app,
		}
	}
	return nil
}

// GitLabEnv returns the environment of a job of GitLab CI whose id_tokens define
// AZSTEP_ASSERTION.
func (s *Server) GitLabEnv() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, err := s.assertion(AssertionOptions{Issuer: "gitlab", ExpiresIn: demoTokenLife})
	if err != nil {
		return nil // the seed does not have it
	}
	from, _ := s.st.issuer("gitlab")
	tenant, app := s.st.federatedApplication(from.Issuer)
	return []string{"AZSTEP_ASSERTION=" + token, "AZURE_TENANT_ID=" + tenant, "AZURE_CLIENT_ID=" + app}
}

// writePod writes a service account's token as Kubernetes mounts it, below symbolic
// links to a folder that changes with each token. It returns the environment of a
// pod with workload identity (learn.microsoft.com, "Use Microsoft Entra Workload ID
// with Azure Kubernetes Service").
func (s *Server) writePod(dir string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, err := s.assertion(AssertionOptions{Issuer: "kubernetes", ExpiresIn: demoTokenLife})
	if err != nil {
		return nil, nil // the seed does not have it
	}
	const name = "azure-identity-token"
	mount := filepath.Join(dir, "pod")
	if err := mountToken(mount, name, token); err != nil {
		return nil, err
	}
	from, _ := s.st.issuer("kubernetes")
	tenant, app := s.st.federatedApplication(from.Issuer)
	return []string{
		"AZURE_FEDERATED_TOKEN_FILE=" + filepath.Join(mount, name),
		"AZURE_TENANT_ID=" + tenant, "AZURE_CLIENT_ID=" + app, "AZURE_AUTHORITY_HOST=" + s.url + "/",
	}, nil
}

// mountToken writes the token below symbolic links, or as a plain file if links
// cannot be created, as for most users of Windows.
func mountToken(mount, name, token string) error {
	if err := os.MkdirAll(filepath.Join(mount, "..1"), 0o700); err != nil {
		return fmt.Errorf("create the directory: %w", err)
	}
	if err := writeWhole(filepath.Join(mount, "..1", name), []byte(token)); err != nil {
		return err
	}
	data, file := filepath.Join(mount, "..data"), filepath.Join(mount, name)
	_, _ = os.Remove(data), os.Remove(file)
	if os.Symlink("..1", data) == nil && os.Symlink(filepath.Join("..data", name), file) == nil {
		return nil
	}
	return writeWhole(file, []byte(token))
}

// federatedApplication returns the tenant and the client id of the first application
// that trusts the issuer.
func (st *state) federatedApplication(issuer string) (tenant, client string) {
	for _, t := range st.tenants {
		for _, a := range t.Applications {
			for _, f := range a.Federated {
				if f.Issuer == issuer {
					return t.ID, a.ID
				}
			}
		}
	}
	return "", ""
}
