// Command peers performs some of azstep's operations with azure-devops-go-api, as a
// program of your own would. It is a separate module, so that the client does not
// become a dependency of azstep.
//
//	peers team | permissions | permit
//
// ORGANIZATION, PROJECT and SUBJECT (a team, or the id of an environment) say what
// to operate on; AUTHORIZATION is the header to send. It trusts only the roots in
// the file CA, or the system's if CA is not set.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/microsoft/azure-devops-go-api/azuredevops/v7"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/core"
	"github.com/microsoft/azure-devops-go-api/azuredevops/v7/pipelinepermissions"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	operations := map[string]func(context.Context, *azuredevops.Connection, string, string) error{
		"team": ensureTeam, "permissions": checkPermissions, "permit": ensurePermissions,
	}
	if len(args) != 1 || operations[args[0]] == nil {
		return errors.New("usage: peers team | permissions | permit")
	}
	connection := azuredevops.NewAnonymousConnection(os.Getenv("ORGANIZATION"))
	connection.AuthorizationString = os.Getenv("AUTHORIZATION")
	if file := os.Getenv("CA"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		connection.TlsConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return operations[args[0]](ctx, connection, os.Getenv("PROJECT"), os.Getenv("SUBJECT"))
}

func ensureTeam(ctx context.Context, connection *azuredevops.Connection, project, name string) error {
	client, err := core.NewClient(ctx, connection)
	if err != nil {
		return err
	}
	team, err := client.GetTeam(ctx, core.GetTeamArgs{ProjectId: &project, TeamId: &name})
	var refused azuredevops.WrappedError
	if errors.As(err, &refused) && refused.StatusCode != nil && *refused.StatusCode == http.StatusNotFound {
		team, err = client.CreateTeam(ctx, core.CreateTeamArgs{ProjectId: &project, Team: &core.WebApiTeam{Name: &name}})
	}
	if err != nil {
		return err
	}
	fmt.Println(team.Id)
	return nil
}

// checkPermissions checks whether pipeline 15 may use an environment.
func checkPermissions(ctx context.Context, connection *azuredevops.Connection, project, id string) error {
	client, err := pipelinepermissions.NewClient(ctx, connection)
	if err != nil {
		return err
	}
	found, err := permissionsOf(ctx, client, project, id)
	if err != nil {
		return err
	}
	if found.AllPipelines != nil && *found.AllPipelines.Authorized || permits(found, 15) {
		return nil
	}
	return errors.New("pipeline 15 is not authorized")
}

// ensurePermissions permits pipeline 6 to use an environment, if it may not yet.
func ensurePermissions(ctx context.Context, connection *azuredevops.Connection, project, id string) error {
	client, err := pipelinepermissions.NewClient(ctx, connection)
	if err != nil {
		return err
	}
	found, err := permissionsOf(ctx, client, project, id)
	if err != nil || permits(found, 6) {
		return err
	}
	kind, pipeline, authorized := "environment", 6, true
	found, err = client.UpdatePipelinePermisionsForResource(ctx, pipelinepermissions.UpdatePipelinePermisionsForResourceArgs{
		Project: &project, ResourceType: &kind, ResourceId: &id, ResourceAuthorization: &pipelinepermissions.ResourcePipelinePermissions{
			Pipelines: &[]pipelinepermissions.PipelinePermission{{Id: &pipeline, Authorized: &authorized}},
		},
	})
	if err == nil && !permits(found, 6) {
		err = errors.New("pipeline 6 is not authorized")
	}
	return err
}

func permissionsOf(ctx context.Context, client pipelinepermissions.Client, project, id string) (*pipelinepermissions.ResourcePipelinePermissions, error) {
	kind := "environment"
	return client.GetPipelinePermissionsForResource(ctx, pipelinepermissions.GetPipelinePermissionsForResourceArgs{
		Project: &project, ResourceType: &kind, ResourceId: &id,
	})
}

func permits(found *pipelinepermissions.ResourcePipelinePermissions, pipeline int) bool {
	for _, p := range *found.Pipelines {
		if *p.Id == pipeline && *p.Authorized {
			return true
		}
	}
	return false
}
