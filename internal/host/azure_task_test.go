package host

import (
	"encoding/json"
	"strings"
	"testing"
)

// FuzzTaskState checks which state a post-job step accepts: what its main step wrote,
// and never a variable of the job under the same name, however it is spelled.
func FuzzTaskState(f *testing.F) {
	f.Add("VSTS_TASKVARIABLE_AZSTEP", `{"state":"none"}`)
	f.Add("vsts.taskvariable azstep", "x")
	f.Add("Build.BuildId", "%25 \u2028;]")
	f.Add("\xff", "")
	f.Fuzz(func(t *testing.T, variable, value string) {
		dir := t.TempDir()
		env := map[string]string{"TF_BUILD": "True", "AGENT_TEMPDIRECTORY": dir, "SYSTEM_TASKINSTANCEID": "use 1"}
		main := newAzureTask(start(Options{Env: env, Kind: AzurePipelines, Task: true}).Host)
		main.prove()
		public, err := json.Marshal([]string{variable})
		if err != nil {
			t.Fatal(err)
		}
		env["VSTS_PUBLIC_VARIABLES"] = string(public)
		env[stateHandedBack] = main.nonce + " " + value
		post := newAzureTask(start(Options{Env: env, Kind: AzurePipelines, Task: true}).Host)
		if got, ok := post.state(); !ok || got != value {
			t.Errorf("%q of the main step became %q, %t", value, got, ok)
		}
		env[stateHandedBack] = strings.Repeat("A", len(main.nonce)) + " " + value
		named := strings.EqualFold(strings.NewReplacer(".", "_", " ", "_").Replace(variable), stateHandedBack)
		if _, ok := post.state(); ok == named {
			t.Errorf("the job has the variable %q, and its value counts: %t", variable, ok)
		}
		env["SYSTEM_TASKINSTANCEID"] = "use 2"
		env[stateHandedBack] = main.nonce + " " + value
		if _, ok := post.state(); ok == named {
			t.Errorf("the job has the variable %q with the state of another use, and it counts: %t", variable, ok)
		}
	})
}
