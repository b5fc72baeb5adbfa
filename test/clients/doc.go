// Package clients holds the emulator to the clients that people use: those of
// Microsoft for Go and Node, MSAL, and the az command line. They are taken as they
// are published, and have to be content. It is a module of its own, so that none
// of them is a dependency of azstep.
//
// `make clients` runs the tests. What cannot be had here (no package registry, no
// Node, no az) is skipped with a message; with AZSTEP_CLIENTS=required it fails.
// The tests of az are asked for with AZSTEP_CLIENTS_AZ=1, because az with its
// extension is 700 MB.
package clients
