//go:build unix

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// bundles lists the files in which systems keep all their certificates.
func bundles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Alpine, Arch
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/ssl/cert.pem",                                 // macOS, BSD
	}
}

// trust creates two files of certificates for each of the services: its own
// certificate alone, and after a copy of the system's.
func (b *bench) trust(all []*services) ([][]roots, error) {
	systemRoots, err := readFirst(bundles())
	if err != nil {
		b.page.note("The system's roots are left out: %v", err)
	}
	var out [][]roots
	for i, s := range all {
		file := s.env["AZSTEP_CA_FILE"]
		here := []roots{{name: caFile, file: file}}
		if systemRoots != nil {
			ca, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			bundle := filepath.Join(b.dir, fmt.Sprintf("bundle-%d.pem", i))
			if err := os.WriteFile(bundle, append(append(append([]byte{}, systemRoots...), '\n'), ca...), 0o600); err != nil {
				return nil, fmt.Errorf("write certificates: %w", err)
			}
			here = append(here, roots{name: systems, file: bundle, own: true})
		}
		out = append(out, here)
	}
	return out, nil
}

func readFirst(paths []string) ([]byte, error) {
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil {
			return text, nil
		}
	}
	return nil, errors.New("they are in no file that is known")
}
