package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/azstep/azstep/internal/fault"
)

// stateFile is a laptop's journal: the file that AZSTEP_STATE_FILE names, with one
// record per line. Only the user may have access to it, because it decides what is
// revoked.
type stateFile struct{ path string }

// stateVariable names the file.
const stateVariable = "AZSTEP_STATE_FILE"

// maxState is the maximum number of bytes to read from it.
const maxState = 16 << 20

// record is one line.
type record struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (s stateFile) keeper() Keeper {
	if s.path == "" {
		return Nowhere
	}
	return StateFile
}

func (s stateFile) write(key, value string) error {
	if s.path == "" {
		return nil
	}
	line, err := json.Marshal(record{key, value})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_APPEND|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return unusable("%w", err)
	}
	if err := private(f); err != nil {
		return errors.Join(full(f), err, f.Close())
	}
	return errors.Join(appendLine(f, line), f.Close())
}

// private rejects a file that other users can read, change or replace.
func private(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%s: %w", stateVariable, err)
	}
	switch why := shared(info); {
	case !info.Mode().IsRegular():
		return unusable("%s is not a regular file", f.Name())
	case why != "":
		return unusable("%s %s", f.Name(), why)
	}
	return nil
}

// unusable says what is wrong with the file, and which file to name.
func unusable(format string, args ...any) error {
	return fault.New(fault.OutputFailed, stateVariable+": "+format, args...).
		With("name a file in your own folder, not a link; azstep creates the file with mode 0600, so only you can read it")
}

// full reports the error of a device that accepts no data, as with a full disk,
// because it explains more than that the device is not a file.
func full(f *os.File) error {
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	_, err := f.WriteString("\n")
	return err
}

// appendLine appends one whole line, even after an incomplete line from a crash, and
// waits until it is on the disk.
func appendLine(f *os.File, line []byte) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if endsMidLine(f, info.Size()) {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := f.Write(line); err != nil {
		return err
	}
	return f.Sync()
}

func (s stateFile) read() Saved {
	if s.path == "" {
		return Saved{}
	}
	text, err := s.text()
	if errors.Is(err, os.ErrNotExist) {
		return Saved{}
	}
	found := readRecords(text)
	if err != nil {
		found.Problems = append(found.Problems, err)
	}
	return found
}

func (s stateFile) text() (string, error) {
	f, err := os.OpenFile(s.path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return "", unusable("%w", err)
	}
	if err := private(f); err != nil {
		return "", errors.Join(err, f.Close())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if len(text) > maxState {
		err = errors.New(stateVariable + ": the file is larger than 16 MiB, so only its beginning was read")
	}
	return string(text), errors.Join(err, f.Close())
}

// readRecords reads the lines of a state file. The last value of a key counts.
func readRecords(text string) (all Saved) {
	at := map[string]int{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		var r record
		switch err := json.Unmarshal([]byte(line), &r); {
		case isTorn(line, err):
			all.Notes = append(all.Notes, fmt.Sprintf("line %d of %s is an incomplete record: a run ended while it wrote the record, before it minted anything; delete the line", n, stateVariable))
		case err != nil || !isLease(r.Key) || r.Value == "":
			all.Problems = append(all.Problems, fault.New(fault.RevokeFailed, "line %d of %s is not a record that azstep has written", n, stateVariable).
				With("check manually what earlier runs minted, then delete the line or the file"))
		default:
			if i, known := at[r.Key]; known {
				all.Entries[i].Value = r.Value
				continue
			}
			at[r.Key] = len(all.Entries)
			all.Entries = append(all.Entries, Entry(r))
		}
	}
	return all
}

// isTorn reports whether a line is the beginning of a record, left by a crash. The
// record was just being written, so nothing had been sent yet.
func isTorn(line string, err error) bool {
	const start = `{"key":"` + leasePrefix
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset != int64(len(line)) || !strings.Contains(syntax.Error(), "unexpected end") {
		return false
	}
	return strings.HasPrefix(line, start) || strings.HasPrefix(start, line)
}
