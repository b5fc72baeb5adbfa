package main

import (
	"fmt"
	"slices"
	"strings"
)

// platform is a platform with a program. Node and Go use different names for it.
type platform struct{ node, goos, goarch string }

func platforms() []platform {
	return []platform{
		{"darwin-arm64", "darwin", "arm64"},
		{"darwin-x64", "darwin", "amd64"},
		{"linux-arm64", "linux", "arm64"},
		{"linux-x64", "linux", "amd64"},
		{"win32-arm64", "windows", "arm64"},
		{"win32-x64", "windows", "amd64"},
	}
}

// file returns the program's name, which action/start.js looks for.
func (p platform) file() string {
	if p.goos == "windows" {
		return "azstep-" + p.node + ".exe"
	}
	return "azstep-" + p.node
}

// choose returns the platforms in a comma-separated list, or all if the list is
// empty.
func choose(list string) ([]platform, error) {
	if list == "" {
		return platforms(), nil
	}
	var chosen []platform
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(platforms(), func(p platform) bool { return p.node == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("unknown platform %q", name)
		}
		chosen = append(chosen, platforms()[i])
	}
	return chosen, nil
}
