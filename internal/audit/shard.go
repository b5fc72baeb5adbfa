package audit

import (
	"hash/fnv"
	"io"
	"strconv"
	"strings"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/input"
)

// shard is one of several runs that share the resources. The zero value means a
// single run.
type shard struct{ number, of int }

// maxShards is the size limit of a job matrix in GitHub (github/docs, "Usage
// limits": 256 jobs), and more than Azure Pipelines needs.
const maxShards = 256

func parseShard(text string) (shard, bool) {
	first, second, _ := strings.Cut(text, "/")
	number, err1 := strconv.ParseUint(first, 10, 16)
	of, err2 := strconv.ParseUint(second, 10, 16)
	s := shard{int(number), int(of)}
	return s, err1 == nil && err2 == nil && 1 <= s.number && s.number <= s.of && s.of <= maxShards
}

func (in *Inputs) checkShard() []error {
	if in.Shard == "" {
		return nil
	}
	if !in.many() {
		return []error{fault.Input("shard", "shard: remove it; it needs policy or resource-name: \"*\"", "shard: a single resource cannot be split")}
	}
	var ok bool
	if in.shard, ok = parseShard(in.Shard); !ok {
		return []error{input.Wrong("shard", in.Shard, "write the number of this shard and the total, such as 3/10; at most 256 shards")}
	}
	return nil
}

// takes reports whether a resource belongs to the shard. This depends only on the
// resource, so that resources that are added or removed do not move others to a
// different shard.
func (s shard) takes(project, kind, id string) bool {
	if s.of == 0 {
		return true
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, strings.Join([]string{project, kind, id}, "\x00")) // never fails
	return h.Sum64()%uint64(s.of) == uint64(s.number-1)                         //nolint:gosec // both are small and not negative
}

// first reports whether the shard reports what does not belong to any resource.
func (s shard) first() bool { return s.number <= 1 }
