package hosttest

import "strings"

// prefix is the agent's LoggingCommandPrefix. keyword is the part of it that the
// agent warns about if no command follows.
const (
	prefix  = "##vso["
	keyword = "##vso"
)

// parseLoggingCommand parses `##vso[area.event key=value;key=value]data`
// (Command.cs), which may begin anywhere in a line.
//
// keepPercents is the knob DECODE_PERCENTS=false (AgentKnobs.cs): %AZP25 is ordinary
// text.
func parseLoggingCommand(line string, keepPercents bool) (Command, bool) {
	_, rest, ok := strings.Cut(line, prefix)
	if !ok {
		return Command{}, false
	}
	header, data, ok := strings.Cut(rest, "]")
	name, props, _ := strings.Cut(header, " ")
	parts := strings.FieldsFunc(name, func(r rune) bool { return r == '.' })
	if !ok || len(parts) != 2 {
		return Command{}, false
	}
	unescape := unescapeLogging
	if keepPercents {
		unescape = unescapeOldLogging
	}
	return Command{
		Name:       strings.ToLower(parts[0] + "." + parts[1]),
		Properties: properties(props, ";", unescape),
		Data:       unescape(data),
	}, true
}

// unescapeLogging is Unescape (CommandStringConvertor.cs), for properties and data.
// A percent sign is %AZP25; %25 has no meaning.
func unescapeLogging(s string) string {
	return strings.ReplaceAll(unescapeOldLogging(s), "%AZP25", "%")
}

// unescapeOldLogging does not decode percent signs.
func unescapeOldLogging(s string) string {
	return unescaper([2]string{";", "%3B"}, [2]string{"\r", "%0D"}, [2]string{"\n", "%0A"}, [2]string{"]", "%5D"})(s)
}

// escapeLogging is Escape, which the agent uses for values that it masks.
func escapeLogging(s string) string {
	return strings.NewReplacer("%", "%AZP25", ";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D").Replace(s)
}
