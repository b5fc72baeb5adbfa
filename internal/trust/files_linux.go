package trust

import "crypto/x509"

// certFiles lists the files in which distributions keep the system's root
// certificates: crypto/x509, root_linux.go.
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

// certDirs lists directories with one root certificate per file: crypto/x509,
// root_linux.go.
func certDirs() []string { return []string{"/etc/ssl/certs", "/etc/pki/tls/certs"} }

// systemPool is not used: crypto/x509 would read the environment of the process.
func systemPool() (*x509.CertPool, error) { return x509.NewCertPool(), nil }
