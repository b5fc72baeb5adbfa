//go:build unix

package main

import "context"

// job is one run of an operation, by any contestant.
type job struct {
	s       *services
	roots   roots
	subject string // what it operates on: an id or a name
}

// roots says which root certificates a program trusts.
type roots struct {
	name string
	file string // a PEM file
	own  bool   // the file replaces the system's
}

// request is a request that a contestant sends without further logic.
type request struct{ method, url, body string }

// operation is one of azstep's operations, and how others do the same. A field is
// empty if the tool cannot do it, or not in its own way.
type operation struct {
	name    string
	rounds  float64 // factor for the number of rounds
	proof   proof
	prepare func(context.Context, *services) (subject string, err error)

	args     []string
	inputs   func(job) []string // inputs of azstep
	requests func(job) []request
	script   string // sh script with curl and jq
	peer     string // argument of the Go client's program
	node     string // argument of the Node client's script
	az       string // sh script with az
	tofu     string // sh script with OpenTofu and the provider azuredevops
	iot      bool   // it uses the token for IoT Central
	form     bool   // no credential is sent, and the body is a form
}
