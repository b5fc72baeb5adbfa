package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/transport"
)

// Checks is the API for approvals and checks of the resources in one project.
type Checks struct {
	Caller  *Caller
	Base    *url.URL // Organization.Base
	Project string   // name or id
}

// The types of checks that azstep reads (vsts-rest-api-specs, approvalsAndChecks/7.1
// and its samples; the branch control comes from azure-pipelines-tasks).
const (
	approvalCheck      = "8c6f20a7-a545-4486-9777-f762fafe0d4d"
	taskCheck          = "fe1de3ee-a436-41b4-bb20-f6eb4cb879a7"
	branchControl      = "86b05a0c-73e6-4f7d-b3cf-e38f3b39a75b"
	branchControlNamed = "evaluatebranchprotection"
)

// Check is an approval or a branch control that is active. Checks of other types and
// disabled ones are left out.
type Check struct {
	Resource Key
	Approval *ApprovalCheck // or
	Branches *BranchCheck
}

// ApprovalCheck is ApprovalConfigSettings.
type ApprovalCheck struct {
	Approvers       int  // number of approvers that are named, people and groups
	Required        int  // how many of them must approve; 0 is all
	RequesterMayNot bool // approve
}

// BranchCheck holds the branches that the branch control allows, as they were typed.
type BranchCheck struct{ Allowed string }

// checkAnswer is CheckConfiguration with the settings of the two types.
type checkAnswer struct {
	Type struct {
		ID string `json:"id"`
	} `json:"type"`
	Resource   ref  `json:"resource"`
	IsDisabled bool `json:"isDisabled"`
	Settings   struct {
		Approvers       []struct{} `json:"approvers"`
		Required        int        `json:"minRequiredApprovers"`
		RequesterMayNot bool       `json:"requesterCannotBeApprover"`
		DefinitionRef   struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"definitionRef"`
		Inputs struct {
			Allowed string `json:"allowedBranches"`
		} `json:"inputs"`
	} `json:"settings"`
}

// noChecks is the hint for a Server whose API cannot list checks: it came with 6.1, and
// is described for Servers since 7.0 (vsts-rest-api-specs, approvalsAndChecks).
const noChecks = "approvals and branches in a policy need Azure DevOps Server 2022 or newer"

// Query asks for the checks of many resources at once and passes on those that are
// active. POST {organization}/{project}/_apis/pipelines/checks/queryconfigurations
func (c *Checks) Query(ctx context.Context, of []Key, each func(Check)) error {
	body := make([]ref, len(of))
	for i, k := range of {
		body[i] = ref{Type: string(k.Type), ID: k.ID}
	}
	call := devops(http.MethodPost, c.Base, permissionVersion, fault.ResourceNotFound, url.Values{"$expand": {"settings"}}, c.Project, "_apis", "pipelines", "checks", "queryconfigurations")
	call.Body = body
	_, err := transport.List(ctx, c.Caller, call, "value", nil, func(a checkAnswer) error {
		if check, ok := a.check(); ok {
			each(check)
		}
		return nil
	})
	if says(err, fault.ResourceNotFound) { // the API is not there; a missing project has a code of its own
		err = fault.From(err).With(noChecks)
	}
	if err != nil {
		return fmt.Errorf("read the checks of %d resources in %s: %w", len(of), c.Project, explainRead(err, "vso.build"))
	}
	return nil
}

func (a checkAnswer) check() (Check, bool) {
	found := Check{Resource: a.Resource.key()}
	definition := a.Settings.DefinitionRef
	switch {
	case a.IsDisabled:
		return found, false
	case strings.EqualFold(a.Type.ID, approvalCheck):
		found.Approval = &ApprovalCheck{len(a.Settings.Approvers), a.Settings.Required, a.Settings.RequesterMayNot}
		return found, true
	case strings.EqualFold(a.Type.ID, taskCheck) && (strings.EqualFold(definition.ID, branchControl) || strings.EqualFold(definition.Name, branchControlNamed)):
		found.Branches = &BranchCheck{a.Settings.Inputs.Allowed}
		return found, true
	}
	return found, false
}
