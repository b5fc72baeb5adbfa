//go:build !linux

package trust

import "crypto/x509"

// certFiles and certDirs are empty where the platform itself verifies certificates,
// which is fast.
func certFiles() []string { return nil }
func certDirs() []string  { return nil }

func systemPool() (*x509.CertPool, error) { return x509.SystemCertPool() }
