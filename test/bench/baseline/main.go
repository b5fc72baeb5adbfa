// Command baseline is the program that azstep is compared with: a Go program that
// links net/http and sends requests one after the other, and does nothing else.
//
//	baseline                                                    prints a line
//	baseline CA-FILE AUTHORIZATION TYPE METHOD URL BODY [METHOD URL BODY]...
//
// It trusts only the certificates in CA-FILE, or the system's if CA-FILE is empty.
// It prints each status and exits with 1 unless the last request succeeded.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 7 {
		fmt.Println("baseline")
		return
	}
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, ca, authorization, contentType string, requests []string) error {
	roots, err := trusted(ca)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}
	status := 0
	for r := range slices.Chunk(requests, 3) {
		if len(r) != 3 {
			return errors.New("a request is METHOD URL BODY")
		}
		if status, err = send(ctx, client, authorization, contentType, r); err != nil {
			return err
		}
		fmt.Println(status)
	}
	if status >= http.StatusBadRequest {
		return fmt.Errorf("the last status is %d", status)
	}
	return nil
}

// trusted reads the system's certificates at the start, although a connection
// without a pool would find them itself: a program that adds its own certificates
// has to do this.
func trusted(ca string) (*x509.CertPool, error) {
	if ca == "" {
		return x509.SystemCertPool()
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", ca)
	}
	return roots, nil
}

func send(ctx context.Context, client *http.Client, authorization, contentType string, r []string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, r[0], r[1], strings.NewReader(r[2]))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", contentType)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}
