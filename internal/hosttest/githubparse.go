package hosttest

import (
	"strings"
	"unicode"
)

// The formats of a runner's command (actions/runner ActionCommand.cs). Neither
// changes the name, which the runner compares without case.

// parseCommand parses `::name key=value,key=value::data` (TryParseV2). Only white
// space may come before it.
func parseCommand(line string, registered func(string) bool) (Command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::")
	if !ok {
		return Command{}, false
	}
	header, data, ok := strings.Cut(rest, "::")
	name, props, _ := strings.Cut(header, " ")
	if !ok || !registered(name) {
		return Command{}, false
	}
	return Command{
		Name:       name,
		Properties: properties(strings.TrimFunc(props, unicode.IsSpace), ",", unescapeProperty),
		Data:       unescapeData(data),
	}, true
}

// parseLegacyCommand parses `##[name key=value;key=value]data` (TryParse), which may
// begin anywhere in a line. Only the first `##[` counts.
func parseLegacyCommand(line string, registered func(string) bool) (Command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return Command{}, false
	}
	header, data, ok := strings.Cut(rest, "]")
	name, props, _ := strings.Cut(header, " ")
	if !ok || !registered(name) {
		return Command{}, false
	}
	return Command{
		Name:       name,
		Properties: properties(props, ";", unescapeLegacy),
		Data:       unescapeLegacy(data),
	}, true
}

// The escapes, in the runner's order. '%' comes last, so that %250A is %0A instead
// of a line feed. Only upper-case digits count.

func unescapeData(s string) string {
	return unescaper([2]string{"\r", "%0D"}, [2]string{"\n", "%0A"}, [2]string{"%", "%25"})(s)
}

func unescapeProperty(s string) string {
	return unescaper([2]string{"\r", "%0D"}, [2]string{"\n", "%0A"}, [2]string{":", "%3A"}, [2]string{",", "%2C"},
		[2]string{"%", "%25"})(s)
}

func unescapeLegacy(s string) string {
	return unescaper([2]string{";", "%3B"}, [2]string{"\r", "%0D"}, [2]string{"\n", "%0A"}, [2]string{"]", "%5D"},
		[2]string{"%", "%25"})(s)
}
