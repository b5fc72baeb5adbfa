package audit

import (
	"context"
	"strings"

	"github.com/azstep/azstep/internal/audit/policy"
	"github.com/azstep/azstep/internal/client"
	"github.com/azstep/azstep/internal/fault"
)

// checkBatch is the number of resources in one request for checks. The API documents
// no limit; with this number, the request has about 30 KiB.
const checkBatch = 500

// readChecks reads the checks of the resources whose rules need them, many in one
// request.
func (s *survey) readChecks(ctx context.Context, questions []*question) error {
	for _, err := range InOrder(ctx, s.site.AtOnce, checkBatches(questions), func(ctx context.Context, batch []*question) (struct{}, error) {
		return struct{}{}, s.queryChecks(ctx, batch)
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkBatches returns the questions that need checks, by project.
func checkBatches(questions []*question) [][]*question {
	var batches [][]*question
	open := map[*place]int{} // the batch of each project that is not full yet
	for _, q := range questions {
		if !q.asksForChecks() {
			continue
		}
		i, ok := open[q.place]
		if !ok || len(batches[i]) == checkBatch {
			i = len(batches)
			open[q.place] = i
			batches = append(batches, nil)
		}
		batches[i] = append(batches[i], q)
	}
	return batches
}

func (q *question) asksForChecks() bool {
	for _, r := range q.rules {
		if r.AsksForChecks() {
			return true
		}
	}
	return false
}

func (q *question) key() client.Key {
	return client.Key{Type: client.ResourceType(q.kind), ID: strings.ToLower(q.resource.ID)}
}

// queryChecks fills in the checks of a batch. If the service rejects it as too
// large, it is split in half.
func (s *survey) queryChecks(ctx context.Context, batch []*question) error {
	byKey, keys := make(map[client.Key]*question, len(batch)), make([]client.Key, len(batch))
	for i, q := range batch {
		keys[i] = q.key()
		byKey[keys[i]] = q
	}
	found := make(map[*question]policy.Checks, len(batch))
	err := s.site.checks(batch[0].place.ref).Query(ctx, keys, func(c client.Check) {
		if q := byKey[c.Resource]; q != nil {
			found[q] = withCheck(found[q], c)
		}
	})
	if tooLarge(err) && len(batch) > 1 {
		half := len(batch) / 2
		if err := s.queryChecks(ctx, batch[:half]); err != nil {
			return err
		}
		return s.queryChecks(ctx, batch[half:])
	}
	for q, checks := range found {
		q.checks = checks
	}
	return err
}

func withCheck(all policy.Checks, c client.Check) policy.Checks {
	if a := c.Approval; a != nil {
		all.Approvals = append(all.Approvals, policy.Approval{Approvers: required(*a), Requester: !a.RequesterMayNot})
	}
	if b := c.Branches; b != nil {
		all.Branches = append(all.Branches, policy.BranchControl{Allowed: commaList(b.Allowed)})
	}
	return all
}

// required returns how many must approve. A group counts as one approver, but the
// check may require more of its members to approve.
func required(a client.ApprovalCheck) int {
	if a.Approvers == 0 || a.Required == 0 {
		return a.Approvers
	}
	return a.Required
}

func commaList(text string) []string {
	var all []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// tooLarge reports whether the service rejected a request because of its size.
func tooLarge(err error) bool {
	return err != nil && fault.From(err).Status == 413
}
