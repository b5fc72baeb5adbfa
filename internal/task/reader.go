package task

import (
	"encoding/json"
	"strings"
)

// reader looks up values in a task's environment. The agent writes the ids of
// connections in lower case and everything else in capitals.
type reader struct {
	env       map[string]string // by name, in capitals
	variables map[string]string // the job's variables: from the name that a step sees to the original one
}

func newReader(env map[string]string) *reader {
	r := &reader{env: make(map[string]string, len(env)), variables: map[string]string{}}
	for key, value := range env {
		r.env[strings.ToUpper(key)] = value
	}
	var names []string
	_ = json.Unmarshal([]byte(r.env["VSTS_PUBLIC_VARIABLES"]), &names) // without valid JSON there are no names
	for _, name := range names {
		r.variables[variableKey(name)] = name
	}
	return r
}

// variableKey returns the name under which a step sees a variable
// (azure-pipelines-agent VarUtil.cs, ConvertToEnvVariableFormat).
func variableKey(name string) string {
	return strings.ToUpper(strings.NewReplacer(".", "_", " ", "_").Replace(name))
}

// get returns a variable's value. A macro that the agent did not expand counts as
// not set.
func (r *reader) get(key string) string {
	value := strings.TrimSpace(r.env[strings.ToUpper(key)])
	if inner, ok := strings.CutPrefix(value, "$("); ok && strings.IndexAny(inner, "()\r\n") == len(inner)-1 && strings.HasSuffix(inner, ")") {
		return ""
	}
	return value
}

func (r *reader) input(name string) string { return r.get(Variable(name)) }

// jobToken returns the job's own token, which a task gets without a mapping.
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
