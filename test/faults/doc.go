// Package faults holds tests that put the built azstep before every way in
// which services, networks and people go wrong, and look at what comes out of
// it: the fault matrix (every operation times every fault), the leak hunt
// (canaries in every place that a secret can have) and the injection of hostile
// text through everything that somebody can set.
//
// A short form of each is part of the tests of every day. With -full all of it
// runs: `make faults`, `make leaks` and `make soak`.
//
// It has no code of its own.
package faults
