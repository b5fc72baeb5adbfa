// Command baseline is what azstep is measured against: a Go program that links
// net/http, trusts the system's roots and a PEM file, and makes one request.
//
//	baseline                             prints a line
//	baseline CA-FILE URL TOKEN BODY      posts BODY and prints the status
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
	"strings"
)

func main() {
	if len(os.Args) != 5 {
		fmt.Println("baseline")
		return
	}
	status, err := post(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if err != nil {
		fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
	fmt.Println(status)
}

func post(ca, url, token, body string) (status string, err error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return "", err
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return "", err
	}
	roots.AppendCertsFromPEM(pem)
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.Status, errors.Join(err, response.Body.Close())
}
