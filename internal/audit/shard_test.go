package audit

import "testing"

// FuzzShard checks that every resource belongs to exactly one of the shards.
func FuzzShard(f *testing.F) {
	for _, text := range []string{"1/1", "3/10", "256/256", "0/3", "4/3", "1/257", "+1/2", "1/2/3", "/", "1"} {
		f.Add(text, "production")
	}
	f.Fuzz(func(t *testing.T, text, id string) {
		s, ok := parseShard(text)
		if !ok {
			return
		}
		takers := 0
		for n := range s.of {
			if (shard{n + 1, s.of}).takes("Fabrikam", "environment", id) {
				takers++
			}
		}
		if takers != 1 {
			t.Errorf("%q: %d shards take %q", text, takers, id)
		}
	})
}
