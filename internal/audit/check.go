package audit

import (
	"context"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Check reads permissions, judges them, and returns the outcome. It changes nothing.
// listed are the pipelines to check.
func (in *Inputs) Check(ctx context.Context, s *Site, listed []string) (Outcome, error) {
	if in.many() {
		s = s.patiently()
	}
	t := newFindings(s, in, len(listed) > 0)
	rule := policy.Rule{OpenAccess: policy.Allowed, Pipelines: listed}
	if err := in.source(s, rule).each(ctx, t.add); err != nil {
		return Outcome{}, err
	}
	return t.outcome()
}
