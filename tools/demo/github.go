package main

import (
	"context"
	"path/filepath"

	"github.com/azstep/azstep/internal/emulator"
	"github.com/azstep/azstep/internal/hosttest"
)

const workflow = `- uses: azstep/azstep@v1
  id: pat
  with:
    operation: mint-pat
    organization: fabrikam
    scopes: vso.project
    lifetime: 15m
    credential: ${{ steps.login.outputs.token }}`

// onGitHub plays a job of GitHub Actions: it mints a PAT, uses it, and ends.
func (d *demo) onGitHub(ctx context.Context) error {
	d.head("GitHub Actions: a step mints a PAT")
	d.block("The workflow says:", lines(workflow))
	job := &hosttest.Job{
		Host: hosttest.GitHub, Action: true, Dir: filepath.Join(d.dir, "github"),
		Env: map[string]string{"GITHUB_REPOSITORY": "fabrikam/shop", "GITHUB_RUN_ID": "42"},
	}
	inputs := d.inputs(map[string]string{
		"operation": "mint-pat", "organization": d.services.URL() + "/fabrikam", "scopes": "vso.project", "lifetime": "15m",
		"credential": d.services.Token(emulator.TokenOptions{}), "ca-file": string(d.services.CAPEM()),
	})
	step, err := job.Step(inputs)
	if err != nil {
		return err
	}
	ended, err := d.play(ctx, step, "azstep-github")
	if err != nil {
		return err
	}
	d.block("The job's log, as the runner shows it:", ended.Log)
	d.block("The step's outputs, as the log would show them:", masked(job, ended.Outputs))
	d.block("The job summary:", rendered(ended.Summary))
	if err := hidden(ended, ended.Outputs["token"]); err != nil {
		return err
	}
	d.say("None of this, nor what is kept for the job's end, holds the PAT in any encoding.")

	d.head("A later step uses it")
	pat := pat{ended.Outputs["authorization-id"], ended.Outputs["authorization-header"]}
	if err := d.works(ctx, pat); err != nil {
		return err
	}

	d.head("The job ends, and the runner starts the action's post step")
	return d.endJob(ctx, job, ended, inputs, pat, "azstep-github", "post")
}

// endJob runs the post step and proves that the PAT no longer works.
func (d *demo) endJob(ctx context.Context, job *hosttest.Job, minted hosttest.Ended, inputs map[string]string, p pat, words ...string) error {
	post, err := job.Post(minted, inputs)
	if err != nil {
		return err
	}
	ended, err := d.play(ctx, post, words...)
	if err != nil {
		return err
	}
	d.block("The log of azstep post:", ended.Log)
	return d.isGone(ctx, p)
}
