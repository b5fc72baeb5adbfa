package steps

import (
	"context"
	"iter"
	"sync"
)

// ahead is how many results may wait for the one before them: enough to keep
// all workers busy while one waits for a slow answer, and little memory.
const ahead = 256

// inOrder does work for every item, for a few of them at once, and yields the
// results in the order of the items. The first error is the last result. When
// it returns, nothing is under way any more.
func inOrder[T, R any](ctx context.Context, atOnce int, items []T, work func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	type result struct {
		value R
		err   error
	}
	return func(yield func(R, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		queue, slots := make(chan chan result, ahead), make(chan struct{}, max(atOnce, 1))
		running.Go(func() {
			defer close(queue)
			for _, item := range items {
				done := make(chan result, 1)
				queue <- done
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					done <- result{err: context.Cause(ctx)}
					return
				}
				running.Go(func() {
					defer func() { <-slots }()
					value, err := work(ctx, item)
					done <- result{value, err}
				})
			}
		})
		for done := range queue {
			r := <-done
			if !yield(r.value, r.err) || r.err != nil {
				stop()
				for range queue { // lets the one who fills it end
					continue
				}
				return
			}
		}
	}
}
