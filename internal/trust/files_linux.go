package trust

import "crypto/x509"

// certFiles are where distributions keep the system's roots: crypto/x509,
// root_linux.go.
func certFiles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Gentoo
		"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL 6
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/pki/tls/cacert.pem",                           // OpenELEC
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS, RHEL 7
		"/etc/ssl/cert.pem",                                 // Alpine Linux
	}
}

// certDirs are directories whose files are roots, one by one: crypto/x509,
// root_linux.go.
func certDirs() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// systemPool is not used: crypto/x509 would read the process's own environment.
func systemPool() (*x509.CertPool, error) { return x509.NewCertPool(), nil }
