//go:build unix

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// proof is the request with which an operation has its effect.
type proof struct {
	method, path string // path is a part of the path, in lower case
	status       int
}

// traffic is the emulator's log of requests and connections.
type traffic struct {
	Connections, Count int
	Value              []struct {
		Method, Path string
		Status       int
	}
}

// traffic returns everything after the first requests, whose number is given.
func (s *services) traffic(ctx context.Context, after int) (t traffic, err error) {
	url := fmt.Sprintf("%s/_emulator/requests?after=%d", s.env["AZSTEP_APPLICATION"], after)
	if err = s.call(ctx, http.MethodGet, url, "", nil, &t); err != nil {
		err = fmt.Errorf("count requests: %w", err)
	}
	return t, err
}

// counted runs a program, counts what the services receive meanwhile, and checks
// that the program has done its task.
func (b *bench) counted(ctx context.Context, s *services, p program, by proof) (taken, error) {
	before, err := s.traffic(ctx, 1<<30)
	if err != nil {
		return taken{}, err
	}
	took, err := b.run(ctx, p)
	if err != nil {
		return taken{}, err
	}
	now, err := s.traffic(ctx, before.Count)
	if err == nil && !now.shows(by) {
		err = fmt.Errorf("%s %q ended well, and among its requests is none of %+v: %+v", p.path, p.args, by, now.Value)
	}
	took.requests = float64(now.Count - before.Count)
	took.connections = float64(now.Connections - before.Connections)
	return took, err
}

func (t traffic) shows(by proof) bool {
	for _, r := range t.Value {
		if r.Method == by.method && r.Status == by.status && strings.Contains(strings.ToLower(r.Path), by.path) {
			return true
		}
	}
	return false
}
