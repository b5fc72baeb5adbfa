package audit

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func numbers(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func TestInOrder(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 7, 2000} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int32
			var got []int
			for v, err := range InOrder(t.Context(), 8, numbers(n), func(_ context.Context, i int) (int, error) {
				running := now.Add(1)
				defer now.Add(-1)
				for seen := most.Load(); running > seen && !most.CompareAndSwap(seen, running); seen = most.Load() {
					continue
				}
				time.Sleep(time.Duration((i*7)%13) * time.Millisecond)
				return i * i, nil
			}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, v)
			}
			if len(got) != n || !slices.IsSorted(got) || most.Load() > 8 || n > 8 && most.Load() != 8 {
				t.Errorf("%d of %d results, at most %d at once", len(got), n, most.Load())
			}
		})
	}
}

// One slow item delays the results of the others. No more than ahead of them may
// wait in memory.
func TestInOrderDoesNotRunAwayFromASlowOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var done atomic.Int32
		go func() {
			time.Sleep(time.Hour)
			if n := done.Load(); n > ahead+8 || n < ahead-8 {
				t.Errorf("%d items are done while the first one waits", n)
			}
		}()
		count := 0
		for _, err := range InOrder(t.Context(), 4, numbers(2000), func(_ context.Context, i int) (int, error) {
			if i == 0 {
				time.Sleep(2 * time.Hour)
			}
			done.Add(1)
			return i, nil
		}) {
			if err != nil {
				t.Fatal(err)
			}
			count++
		}
		if count != 2000 {
			t.Errorf("%d results", count)
		}
	})
}

func TestInOrderEnds(t *testing.T) {
	t.Parallel()
	errBad := errors.New("bad")
	for name, c := range map[string]struct {
		fail, stop int // the item that fails, and the result after which the consumer stops
		want       error
		results    int
	}{
		"at the first error":        {5, 1000, errBad, 5},
		"when nobody wants more":    {1000, 5, nil, 5},
		"at the error of the first": {0, 1000, errBad, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var running atomic.Int32
				results := 0
				var got error
				for _, err := range InOrder(t.Context(), 3, numbers(100), func(ctx context.Context, i int) (int, error) {
					running.Add(1)
					defer running.Add(-1)
					if i == c.fail {
						return 0, errBad
					}
					select {
					case <-ctx.Done():
						return 0, ctx.Err()
					case <-time.After(time.Duration(i) * time.Millisecond):
						return i, nil
					}
				}) {
					if got = err; err != nil {
						break
					}
					if results++; results == c.stop {
						break
					}
				}
				if !errors.Is(got, c.want) || results != c.results || running.Load() != 0 {
					t.Errorf("%v after %d results, %d still running", got, results, running.Load())
				}
			})
		})
	}
}

func TestInOrderIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		errStopped := errors.New("told to stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errStopped) })
		var last error
		results := 0
		for _, err := range InOrder(ctx, 2, numbers(1000), func(ctx context.Context, i int) (int, error) {
			select {
			case <-ctx.Done():
				return 0, context.Cause(ctx)
			case <-time.After(100 * time.Millisecond):
				return i, nil
			}
		}) {
			if last = err; err == nil {
				results++
			}
		}
		if !errors.Is(last, errStopped) || results < 15 || results > 20 {
			t.Errorf("%v after %d results", last, results)
		}
	})
}

func TestShard(t *testing.T) {
	t.Parallel()
	for _, of := range []int{1, 2, 3, 10, 40} {
		sizes := make([]int, of)
		for i := range 10_000 {
			takers := 0
			for n := range of {
				if (shard{n + 1, of}).takes("fabrikam", "environment", string(rune('a'+i%26))+time.Duration(i).String()) {
					sizes[n]++
					takers++
				}
			}
			if takers != 1 {
				t.Fatalf("%d of %d shards take one resource", takers, of)
			}
		}
		if even := 10_000 / of; slices.Min(sizes) < even/2 || slices.Max(sizes) > even*2 {
			t.Errorf("%d shards of %d to %d resources", of, slices.Min(sizes), slices.Max(sizes))
		}
	}
	// A matrix must not be distributed differently after an update of azstep.
	if !(shard{2, 3}).takes("fabrikam", "environment", "1") || !(shard{}).takes("fabrikam", "environment", "1") {
		t.Error("the distribution has changed")
	}
}

func TestParseShard(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"1/1": true, "3/10": true, "256/256": true,
		"": false, "/": false, "0/1": false, "2/1": false, "1/257": false, "-1/2": false, "1/2/3": false, " 1/2": false, "a/b": false, "+1/2": false,
	} {
		if s, ok := parseShard(text); ok != want {
			t.Errorf("parseShard(%q) = %v, %v", text, s, ok)
		}
	}
}
