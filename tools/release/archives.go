package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// compare compares the programs in a release's archives with the checksums beside
// the action's programs.
func compare(bin, archives string) error {
	sums, err := readSums(bin)
	if err != nil {
		return err
	}
	for _, p := range platforms() {
		found, err := filepath.Glob(filepath.Join(archives, "azstep_*_"+p.goos+"_"+p.goarch+".*"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("%s: %d archives for %s/%s", archives, len(found), p.goos, p.goarch)
		}
		sum, err := programIn(found[0])
		if err != nil {
			return fmt.Errorf("%s: %w", found[0], err)
		}
		if sum != sums[p.file()] {
			return fmt.Errorf("%s: its program has the checksum %s, %s has %s", found[0], sum, p.file(), sums[p.file()])
		}
	}
	return nil
}

// programIn returns the checksum of the program in an archive.
func programIn(archive string) (string, error) {
	if strings.HasSuffix(archive, ".zip") {
		return programInZip(archive)
	}
	f, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer f.Close()
	unpacked, err := gzip.NewReader(f)
	if err != nil {
		return "", err
	}
	for entries := tar.NewReader(unpacked); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return "", errors.New("there is no azstep in it")
		}
		if err != nil {
			return "", err
		}
		if path.Base(entry.Name) == "azstep" {
			return sum(entries)
		}
	}
}

func programInZip(archive string) (string, error) {
	z, err := zip.OpenReader(archive)
	if err != nil {
		return "", err
	}
	defer z.Close()
	for _, file := range z.File {
		if path.Base(file.Name) != "azstep.exe" {
			continue
		}
		f, err := file.Open()
		if err != nil {
			return "", err
		}
		defer f.Close()
		return sum(f)
	}
	return "", errors.New("there is no azstep.exe in it")
}
