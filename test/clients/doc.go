// Package clients tests the emulator with real clients: Microsoft's for Go and Node,
// MSAL, and the az command line, unmodified. It is a separate module, so that none
// of them becomes a dependency of azstep.
//
// `make clients` runs the tests. Tests whose client is not available (no package
// registry, no Node, no az) are skipped with a message; with AZSTEP_CLIENTS=required
// they fail. The tests with az run only with AZSTEP_CLIENTS_AZ=1, because az with
// its extension takes 700 MB.
package clients
