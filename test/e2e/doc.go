// Package e2e tests the container images: it starts them as the GitHub runner starts
// a Docker action and as the Azure Pipelines agent runs a container job, against the
// emulator, and interprets their output by the rules of those hosts.
//
// It contains only tests, behind the build tag e2e, because they need a Docker
// daemon and the images that `make images` builds. `make e2e` does both. One test
// needs neither: where Chromium is installed, it completes `azstep login` in the
// browser.
package e2e
