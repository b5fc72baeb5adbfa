package main

import (
	"context"
	"path/filepath"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

const pipeline = `- script: azstep mint-pat
  name: pat
  env:
    AZSTEP_SCOPES: vso.project
    AZSTEP_LIFETIME: 15m
    AZSTEP_CREDENTIAL: $(userToken)
...
- script: azstep post
  condition: always()
  env:
    AZSTEP_CREDENTIAL: $(userToken)`

// onAzure plays a short job of Azure Pipelines. The organization comes from the
// job's own variables.
func (d *demo) onAzure(ctx context.Context) error {
	d.head("Azure Pipelines: the same, in short")
	d.block("The pipeline says:", lines(pipeline))
	job := &hosttest.Job{
		Host: hosttest.AzurePipelines, Dir: filepath.Join(d.dir, "azure"),
		Env: map[string]string{
			"SYSTEM_COLLECTIONURI": d.services.URL() + "/fabrikam/", "SYSTEM_TEAMPROJECT": "Fabrikam",
			"BUILD_BUILDID": "7", "BUILD_REPOSITORY_NAME": "shop", "AZSTEP_CA_FILE": string(d.services.CAPEM()),
		},
	}
	credential := d.services.Token(emulator.TokenOptions{})
	step, err := job.Step(map[string]string{"scopes": "vso.project", "lifetime": "15m", "credential": credential})
	if err != nil {
		return err
	}
	ended, err := d.play(ctx, step, "azstep", "mint-pat")
	if err != nil {
		return err
	}
	d.block("The job's log, as the agent shows it:", ended.Log)
	d.block("The step's output variables, as the log would show them:", masked(job, ended.Outputs))
	if err := hidden(ended, ended.Outputs["token"]); err != nil {
		return err
	}
	p := pat{ended.Outputs["authorizationId"], ended.Outputs["authorizationHeader"]}
	if err := d.works(ctx, p); err != nil {
		return err
	}
	return d.endJob(ctx, job, ended, map[string]string{"credential": credential}, p, "azstep", "post")
}
