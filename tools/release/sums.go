package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// sumsFile is stored beside the programs, in the format of sha256sum.
const sumsFile = "SHA256SUMS"

// writeSums writes the checksums of the programs in dir.
func writeSums(dir string, programs []platform) error {
	var b strings.Builder
	for _, p := range programs {
		sum, err := sumOf(filepath.Join(dir, p.file()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s  %s\n", sum, p.file())
	}
	return os.WriteFile(filepath.Join(dir, sumsFile), []byte(b.String()), 0o644) //nolint:gosec // it is published
}

// readSums returns the checksums in dir's file, by file name.
func readSums(dir string) (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, sumsFile))
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok || len(sum) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("%s: %q is not a checksum and a name", sumsFile, line)
		}
		sums[name] = sum
	}
	return sums, nil
}

func sumOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return sum(f)
}

func sum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
