//go:build unix

package main

import "context"

// job is one run of an operation, by whomever.
type job struct {
	s       *services
	roots   roots
	subject string // what it is about: an id, a name
}

// roots is what a program is told to trust.
type roots struct {
	name string
	file string // of PEM
	own  bool   // the file stands for the system's
}

// request is what has to be sent, for those who only send.
type request struct{ method, url, body string }

// operation is one of azstep's, and how others do the same. What is empty cannot be
// done with that tool, or not in a way of its own.
type operation struct {
	name    string
	rounds  float64 // times those asked for
	proof   proof
	prepare func(context.Context, *services) (subject string, err error)

	args     []string
	inputs   func(job) []string // of azstep
	requests func(job) []request
	script   string // of sh, with curl and jq
	peer     string // word of the Go client's program
	node     string // word of the Node client's script
	az       string // of sh, with az
	iot      bool   // with the token for IoT Central
	form     bool   // nobody is signed in, and the body is a form
}
