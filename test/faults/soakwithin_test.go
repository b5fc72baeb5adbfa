//go:build unix

package faults

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/azstep/azstep/internal/command"
	codes "github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/hosttest"
)

// startWithin runs azstep within this process. A signal ends the context, as in
// main.
func startWithin(j *job, t turn, s *hosttest.Step, words ...string) (ran, error) {
	if len(words) == 0 && !j.at.operationIsInput() {
		words = []string{j.inputs["operation"]}
	}
	var stdout, stderr bytes.Buffer
	began, sent := time.Now(), make(chan time.Time, 1)
	p := command.Process{
		Args: append([]string{"azstep"}, words...), Env: s.Env, Dir: filepath.Join(j.dir, "workspace"), PID: 4711,
		Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Version: "test",
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if t.signal != 0 {
		signals := make(chan os.Signal, 1)
		ready := make(chan struct{})
		close(ready)
		p.Begin = func(context.Context) command.Begun {
			return command.Begun{Context: ctx, Ready: ready, Forward: func() <-chan os.Signal { return signals }}
		}
		timer := time.AfterFunc(t.after, func() {
			sent <- time.Now()
			cancel(stopped(t.signal))
			signals <- t.signal
		})
		defer timer.Stop()
	}
	var r ran
	r.Exit = p.Run(ctx)
	r.Took, r.ended = time.Since(began), time.Now()
	select {
	case at := <-sent:
		r.Since = r.ended.Sub(at)
	default:
	}
	r.stdout, r.stderr, r.env = stdout.Bytes(), stderr.Bytes(), s.Env
	r.Ended = s.End(r.stdout, r.stderr)
	return r, nil
}

func stopped(s syscall.Signal) *codes.Error {
	e := codes.New(codes.Cancelled, "stopped by %s", s)
	e.Exit = 128 + int(s)
	return e
}
