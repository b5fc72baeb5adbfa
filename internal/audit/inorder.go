package audit

import (
	"context"
	"iter"
	"sync"
)

// ahead is how many results may wait for the one before them: enough to keep
// all workers busy while one waits for a slow answer, and little memory.
const ahead = 256

// InOrder does work for every item, for a few of them at once, and yields the
// results in the order of the items. The first error is the last result. When
// it returns, nothing is under way any more.
//
// Whoever has done one item takes the next at once: a goroutine of its own for
// each would begin with a small stack, and wait for two others first.
func InOrder[T, R any](ctx context.Context, atOnce int, items []T, work func(context.Context, T) (R, error)) iter.Seq2[R, error] {
	type result struct {
		value R
		err   error
	}
	type job struct {
		item T
		done chan result
	}
	return func(yield func(R, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer stop()
		workers := max(1, min(atOnce, len(items)))
		queue, jobs := make(chan chan result, ahead), make(chan job, workers)
		running.Go(func() {
			defer close(queue)
			defer close(jobs)
			for _, item := range items {
				j := job{item, make(chan result, 1)}
				queue <- j.done
				select {
				case jobs <- j:
				case <-ctx.Done():
					j.done <- result{err: context.Cause(ctx)}
					return
				}
			}
		})
		for range workers {
			running.Go(func() {
				for j := range jobs {
					value, err := work(ctx, j.item)
					j.done <- result{value, err}
				}
			})
		}
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
