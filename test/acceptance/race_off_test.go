//go:build !race

package acceptance

// race holds the build flags with which the program is built like the tests.
var race []string
