package emulator

// GitHubEnv is what a GitHub job with `id-token: write` has in its environment,
// as NAME=value, together with the identity that Entra's seed lets it have.
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

// PipelinesEnv is what a job of Azure Pipelines has in its environment after a
// step that names a service connection: that of the seed's first project which
// has one; nothing if none has.
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

// federatedApplication is the tenant and the client id of the first application
// that believes the issuer.
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
