package task

import (
	"encoding/json"
	"strings"
)

// reader looks things up in a task's environment. The agent writes the ids of
// connections in lower case and everything else in capitals.
type reader struct {
	env       map[string]string // by name in capitals
	variables map[string]string // the job's variables: as a step sees them, and as they are called
}

func newReader(env map[string]string) *reader {
	r := &reader{env: make(map[string]string, len(env)), variables: map[string]string{}}
	for key, value := range env {
		r.env[strings.ToUpper(key)] = value
	}
	var names []string
	_ = json.Unmarshal([]byte(r.env["VSTS_PUBLIC_VARIABLES"]), &names) // what is none has no names
	for _, name := range names {
		r.variables[variableKey(name)] = name
	}
	return r
}

// variableKey is how a step sees a variable (azure-pipelines-agent VarUtil.cs,
// ConvertToEnvVariableFormat).
func variableKey(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

// get is a variable's value. A macro that the agent did not expand is none.
func (r *reader) get(key string) string {
	value := strings.TrimSpace(r.env[strings.ToUpper(key)])
	if inner, ok := strings.CutPrefix(value, "$("); ok && strings.IndexAny(inner, "()\r\n") == len(inner)-1 && strings.HasSuffix(inner, ")") {
		return ""
	}
	return value
}

func (r *reader) input(name string) string { return r.get(Variable(name)) }

// jobToken is the job's own token, which a task gets without anybody mapping it.
func (r *reader) jobToken() string {
	if token := r.get("ENDPOINT_AUTH_PARAMETER_SYSTEMVSSCONNECTION_ACCESSTOKEN"); token != "" {
		return token
	}
	var whole struct {
		Parameters map[string]string `json:"parameters"`
	}
	_ = json.Unmarshal([]byte(r.get("ENDPOINT_AUTH_SYSTEMVSSCONNECTION")), &whole)
	for name, value := range whole.Parameters {
		if strings.EqualFold(name, "AccessToken") {
			return value
		}
	}
	return ""
}
