package host

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// Each line must be one write, even from several goroutines. A mask must be written
// before Hide returns to any caller with the same secret.
func TestLinesStayWhole(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		writes := new(counting)
		h := start(Options{Kind: kind, Env: runner(t), Stdout: writes, Stderr: writes})
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				secret := fmt.Sprintf("FAKE-PAT-%04d", i%5)
				h.Hide(secret)
				if kind != Local && !writes.has(secret+"\n") {
					t.Errorf("%s: Hide returned before the mask was written", kind)
				}
				h.Infof("worker %d with %s", i, secret)
			})
		}
		all.Wait()
		for line := range strings.Lines(writes.String()) {
			_, onGitHub := runnerCommand(line)
			_, onAzure := agentCommand(line)
			whole := strings.HasPrefix(line, "azstep: worker ") && strings.HasSuffix(line, " with ***\n")
			if !onGitHub && !onAzure && !whole {
				t.Errorf("%s: %q", kind, line)
			}
		}
		if writes.split > 0 {
			t.Errorf("%s: %d writes were not whole lines", kind, writes.split)
		}
	}
}

// counting counts writes that are not whole lines.
type counting struct {
	mu    sync.Mutex
	text  bytes.Buffer
	split int
}

func (c *counting) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !bytes.HasSuffix(p, []byte("\n")) {
		c.split++
	}
	return c.text.Write(p)
}

func (c *counting) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func (c *counting) has(s string) bool { return strings.Contains(c.String(), s) }

func TestExecSpeaksOnStderr(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds {
		env := runner(t)
		h := start(Options{Kind: kind, Env: env, Exec: true, StdoutIsTerminal: true})
		h.Hide(pat)
		h.Infof("x")
		h.Warnf("x")
		if err := h.Publish([]Output{{Name: "valid-to", Value: "now"}}); err != nil {
			t.Error(err)
		}
		if err := h.Save(lease, "{}"); err != nil {
			t.Error(err)
		}
		h.Summarize(Summary{Title: "T"})
		h.Report(fmt.Errorf("x"))
		if h.stdout.Len() > 0 || h.stderr.Len() == 0 {
			t.Errorf("%s: stdout %q, stderr %q", kind, h.stdout, h.stderr)
		}
		set := strings.Contains(read(t, env["GITHUB_OUTPUT"])+h.stderr.String(), "bad-response\n")
		if set != (kind != Local) {
			t.Errorf("%s: the output error is set: %v", kind, set)
		}
	}
}

// The runner only recognizes a command at the start of a line; anywhere else it
// would print the secret.
func TestOwnLinesBeginOnAFreshLine(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"prompt> ", "line\n", ""} {
		for name, pick := range map[string]func(out, err io.Writer) io.Writer{
			"stdout": func(out, _ io.Writer) io.Writer { return out }, "stderr": func(_, err io.Writer) io.Writer { return err },
		} {
			both := new(bytes.Buffer) // 2>&1
			h := start(Options{Kind: GitHub, Exec: true, Stdout: both, Stderr: both})
			if _, err := io.WriteString(pick(h.Streams()), last); err != nil {
				t.Fatal(err)
			}
			h.Warnf("a")
			h.Warnf("b")
			want := strings.TrimSuffix(last, "\n")
			if last != "" {
				want += "\n"
			}
			if got := both.String(); got != want+"::warning::a\n::warning::b\n" {
				t.Errorf("%q on %s: %q", last, name, got)
			}
		}
	}
}

// In raw mode, a line break does not move the cursor to the beginning of the line.
func TestLinesOnATerminalInRawMode(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	raw := true
	h := New(Options{Kind: Local, Stdout: io.Discard, Stderr: &stderr, Exec: true, Raw: func() bool { return raw }})
	_, theirs := h.Streams()
	h.Infof("one")
	_, _ = io.WriteString(theirs, "as it is\nhalf")
	h.Infof("two")
	raw = false
	h.Infof("three")
	if got, want := stderr.String(), "azstep: one\r\nas it is\nhalf\r\nazstep: two\r\nazstep: three\n"; got != want {
		t.Errorf("%q; want %q", got, want)
	}
}

func TestALineAfterHalfALineIsWhole(t *testing.T) {
	t.Parallel()
	writer := &short{n: 4}
	h := start(Options{Kind: GitHub, Stdout: writer})
	h.Hide(pat)
	writer.Reset()
	writer.n = 100
	h.Warnf("x")
	if got := writer.String(); got != "\n::warning::x\n" || h.Err() == nil {
		t.Errorf("%q, %v", got, h.Err())
	}
}

// A command may have switched off the runner's commands (::stop-commands::). A mask
// would then print the secret, and a secret that cannot be masked must not be
// delivered.
func TestNoMaskAfterForeignTextOnGitHub(t *testing.T) {
	t.Parallel()
	for kind, masked := range map[Kind]bool{GitHub: false, AzurePipelines: true} {
		env := runner(t)
		h := start(Options{Kind: kind, Env: env, Exec: true})
		stdout, _ := h.Streams()
		if _, err := io.WriteString(stdout, "::stop-commands::x\n"); err != nil {
			t.Fatal(err)
		}
		h.Hide(pat)
		h.Infof("%s", pat)
		if got := strings.Contains(h.stderr.String(), pat); got != masked {
			t.Errorf("%s: %q", kind, h.stderr)
		}
		if !strings.HasSuffix(h.stderr.String(), "azstep: ***\n") {
			t.Errorf("%s: not hidden: %q", kind, h.stderr)
		}
		err := h.Publish([]Output{{Name: "token", Value: pat, Secret: true}})
		if (err == nil) != masked || strings.Contains(read(t, env["GITHUB_OUTPUT"]), pat) {
			t.Errorf("%s: delivered without a mask: %v", kind, err)
		}
		if err := h.Publish([]Output{{Name: "a", Value: "b"}}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
