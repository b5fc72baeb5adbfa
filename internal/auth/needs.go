package auth

// requirement is something that a way cannot do without.
type requirement struct {
	name  string // an input or an environment variable
	value string
	how   string // how to get it
}

func (c *chooser) nothing() []requirement { return nil }

func (c *chooser) credentialNeeds() []requirement {
	if c.need.TokenOnly { // what is handed out is an Entra token fetched for it, nothing that came in
		return []requirement{{name: wayCredential}}
	}
	return []requirement{{wayCredential, c.in.Credential.Reveal(), "set credential to " + c.need.wants()}}
}

func (c *chooser) refreshNeeds() []requirement {
	return []requirement{
		{wayRefresh, c.in.RefreshToken.Reveal(), "set refresh-token from a secret store; `azstep login` on a laptop gets one"},
		c.tenant(), c.client(),
	}
}

func (c *chooser) secretNeeds() []requirement {
	return []requirement{
		{waySecret, c.in.ClientSecret.Reveal(), "set client-secret (or AZURE_CLIENT_SECRET) from a secret store"},
		c.tenant(), c.client(),
	}
}

func (c *chooser) gitHubNeeds() []requirement {
	how := "give the job `permissions: id-token: write` (a reusable workflow: its caller, too; with `docker run` also `-e " + varGitHubURL + " -e " + varGitHubToken + "`)"
	return []requirement{
		c.client(), c.tenant(),
		{varGitHubURL, c.env.get(varGitHubURL), how},
		{varGitHubToken, c.env.get(varGitHubToken), how},
	}
}

func (c *chooser) pipelinesNeeds() []requirement {
	return []requirement{
		{"service-connection-id", c.in.ServiceConnectionID, "set service-connection-id to the service connection's id: resourceId in the address of its page"},
		c.tenant(), c.client(),
		{varPipelinesURL, c.env.get(varPipelinesURL), "run the step on Azure Pipelines, and with `docker run` pass `-e " + varPipelinesURL + "`"},
		{wayJobToken, c.env.get(wayJobToken), mapJobToken},
	}
}

const mapJobToken = "map the job's token in the step: `env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"

func (c *chooser) jobTokenNeeds() []requirement {
	return []requirement{{wayJobToken, c.env.get(wayJobToken), mapJobToken}}
}

func (c *chooser) extPATNeeds() []requirement {
	return []requirement{{wayExtPAT, c.env.get(wayExtPAT), "set " + wayExtPAT}}
}

func (c *chooser) tenant() requirement {
	return requirement{"tenant-id", c.in.TenantID, "set tenant-id (or AZURE_TENANT_ID) to the id of the Entra tenant"}
}

func (c *chooser) client() requirement {
	return requirement{"client-id", c.in.ClientID, "set client-id (or AZURE_CLIENT_ID) to the application (client) id of the app registration"}
}

func complete(needs []requirement) bool { return len(missing(needs)) == 0 }

func missing(needs []requirement) []requirement {
	var gone []requirement
	for _, n := range needs {
		if n.value == "" {
			gone = append(gone, n)
		}
	}
	return gone
}
