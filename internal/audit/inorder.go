package audit

import (
	"context"
	"iter"
	"sync"
)

// ahead is the number of results that may wait for an earlier one: enough to keep
// all workers busy during one slow response, with little memory.
const ahead = 256

// InOrder does work for every item, a few at the same time, and yields the results
// in the order of the items. It stops after the first error, which is the last
// result. When it returns, all workers have ended.
//
// A worker that has finished one item takes the next immediately. A new goroutine
// for each item would start with a small stack and wait for two others first.
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
				for range queue { // so that the goroutine that fills it can end
					continue
				}
				return
			}
		}
	}
}
