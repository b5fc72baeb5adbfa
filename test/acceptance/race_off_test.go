//go:build !race

package acceptance

// race is how the program is built: as the tests are.
var race []string
