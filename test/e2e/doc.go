// Package e2e tries the images: it starts them as the GitHub runner starts a
// Docker action and as the Azure Pipelines agent drives a job's container, against
// the emulator, and reads what they write by the rules of those hosts.
//
// It has tests alone, behind the build tag e2e, because they need a Docker daemon
// and the images that `make images` builds. `make e2e` does both. One needs neither:
// Chromium walks `azstep login`, where it is installed.
package e2e
