package hosttest

import (
	"maps"
	"strings"
)

// newestHandler is the one of task.json that a current agent takes.
const newestHandler = "Node24"

// useTask gives a step the environment of a use of the task (see
// [TaskJob.Environment]). What steps get in every job are variables of the job here,
// as any of its steps can set them; only what the agent's own process has is its.
func (j *Job) useTask(s *Step, inputs, own map[string]string) {
	agent := &TaskJob{Dir: j.Dir, Env: map[string]string{}}
	vars := map[string]string{}
	maps.Copy(vars, j.Env)
	maps.Copy(vars, j.left)
	for name, value := range vars {
		switch name {
		case "PATH", "HOME":
			agent.Env[name] = value
		case "SYSTEM_ACCESSTOKEN": // of the job's own connection
		default:
			agent.Set(Variable{Name: name, Value: value})
		}
	}
	use := &TaskStep{Task: j.Task, Name: s.use, Inputs: map[string]string{}, own: own}
	for name, value := range inputs {
		use.Inputs[camel(name)] = value
	}
	agent.Endpoints = append(agent.Endpoints, Endpoint{ID: "SYSTEMVSSCONNECTION", Scheme: "OAuth", Parameters: map[string]string{"AccessToken": vars["SYSTEM_ACCESSTOKEN"]}})
	if id := vars["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]; id != "" && inputs["auth"] == "azure-pipelines-oidc" {
		use.Inputs["azureSubscription"] = id
		agent.Endpoints = append(agent.Endpoints, Endpoint{ID: id, Scheme: "WorkloadIdentityFederation", Parameters: map[string]string{
			"tenantid": vars["AZURESUBSCRIPTION_TENANT_ID"], "serviceprincipalid": vars["AZURESUBSCRIPTION_CLIENT_ID"],
		}})
	}
	s.Env = agent.Environment(use)
}

// camel is how the task spells an input.
func camel(name string) string {
	words := strings.Split(name, "-")
	for i := range words[1:] {
		words[i+1] = strings.ToUpper(words[i+1][:1]) + words[i+1][1:]
	}
	return strings.Join(words, "")
}
