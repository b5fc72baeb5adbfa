// Package faults tests the built azstep against the ways in which services, networks
// and people go wrong, and checks its output: the fault matrix (every operation with
// every fault), the leak hunt (canary secrets in every place that can hold a secret)
// and the injection of hostile text into everything that others can set.
//
// A short form of each runs with the everyday tests. With -full everything runs:
// `make faults`, `make leaks` and `make soak`.
//
// It contains only tests.
package faults
