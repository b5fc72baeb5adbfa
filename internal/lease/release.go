package lease

import (
	"context"
	"fmt"
	"slices"

	"github.com/azstep/azstep/internal/fault"
)

// Count says how many credentials were revoked, and how many of those asked about no
// longer existed.
type Count struct{ Revoked, Gone int }

// All returns how many of them are no longer valid.
func (c Count) All() int { return c.Revoked + c.Gone }

func (c Count) plus(more Count) Count {
	return Count{c.Revoked + more.Revoked, c.Gone + more.Gone}
}

// Release finds and revokes the credentials that in created and did not keep. This
// is all that `azstep post` does.
func Release[T any](ctx context.Context, s Service[T], in Intent) (ended Count, err error) {
	ids, err := live(ctx, s, in)
	if err != nil {
		return ended, err
	}
	var failed []error
	for _, id := range ids {
		gone, err := s.Revoke(ctx, id)
		switch {
		case err != nil:
			failed = append(failed, err)
		case gone:
			ended.Gone++
		default:
			ended.Revoked++
		}
	}
	if len(failed) > 0 {
		return ended, fault.Join(failed)
	}
	return ended, nil
}

// live lists what to revoke. If no response was lost, the id is enough, and the
// search would be an unnecessary request.
func live[T any](ctx context.Context, s Service[T], in Intent) ([]string, error) {
	if in.Over() {
		return nil, nil
	}
	if in.ID != "" && in.Lost == 0 {
		return []string{in.ID}, nil
	}
	found, err := s.Find(ctx, in)
	if err != nil {
		return nil, &searchError{fmt.Errorf("look for %q: %w", in.Name, err)}
	}
	var ids []string
	for _, id := range found {
		if in.State != Kept || id != in.ID {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// searchError says that a search got no usable response.
type searchError struct{ error }

func (e *searchError) Unwrap() error { return e.error }

// Alive returns the error for a credential that may still be valid: err is what went
// wrong before, if anything, and failed is why it could not be revoked.
func Alive(in Intent, err, failed error) error {
	text := fmt.Errorf("%q may still be valid until %s: %w", in.Name, in.End().UTC().Format("2006-01-02 15:04:05 UTC"), failed)
	if err != nil {
		text = fmt.Errorf("%w; and %w", err, text)
	}
	cause := fault.From(failed)
	_, byHand := fault.Meaning(fault.RevokeFailed)
	hints := slices.Clone(cause.Hints)
	if !slices.Contains(hints, byHand) {
		hints = append(hints, byHand)
	}
	return &fault.Error{Code: fault.RevokeFailed, RequestID: cause.RequestID, Err: text, Hints: hints}
}
