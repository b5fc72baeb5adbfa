package audit

import (
	"context"

	"github.com/azstep/azstep/internal/audit/policy"
)

// Check reads and judges, and returns what it comes to. It changes nothing.
// listed are the pipelines that are asked about.
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
