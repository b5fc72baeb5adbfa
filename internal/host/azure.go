package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/fault"
)

// azure writes the logging commands of Azure Pipelines, all to one stream.
type azure struct {
	host *Host
	// rawPercents says that the agent does not decode %AZP25: the job has
	// DECODE_PERCENTS=false (azure-pipelines-agent AgentKnobs.cs).
	rawPercents bool
}

func newAzure(h *Host) *azure {
	return &azure{h, strings.EqualFold(strings.TrimSpace(h.opts.Env["DECODE_PERCENTS"]), "false")}
}

// azureEscapes are the escapes that the agent decodes in properties and data
// (azure-pipelines-agent CommandStringConvertor.cs). The percent sign has its own
// escape, and a replacer makes one pass over the text, so that nothing is decoded
// twice. Without that escape, a percent sign is written unchanged, and a text that
// looks like one of the other escapes cannot be written at all.
var (
	azureEscapes    = strings.NewReplacer("%", "%AZP25", ";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D")
	azureRawEscapes = strings.NewReplacer(";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D")
	azureUndone     = strings.NewReplacer("%3B", "% 3B", "%0D", "% 0D", "%0A", "% 0A", "%5D", "% 5D")
)

func (a *azure) escape(text string) string {
	if a.rawPercents {
		return azureRawEscapes.Replace(text)
	}
	return azureEscapes.Replace(text)
}

// legible prepares a text for the log. If the agent would decode part of it that is
// not an escape, a space prevents that.
func (a *azure) legible(text string) string {
	if a.rawPercents {
		return azureUndone.Replace(text)
	}
	return text
}

// writable reports whether the agent decodes the value unchanged.
func (a *azure) writable(value string) bool {
	return !a.rawPercents || azureUndone.Replace(value) == value
}

// command returns a logging command; properties alternate between names and values.
func (a *azure) command(name, data string, properties ...string) string {
	var b strings.Builder
	b.WriteString("##vso[" + name)
	for i := 0; i+1 < len(properties); i += 2 {
		b.WriteByte(" ;"[min(i, 1)])
		b.WriteString(properties[i] + "=" + a.escape(properties[i+1]))
	}
	return b.String() + "]" + a.escape(data)
}

// mask registers a form of one line, because the agent masks its log line by line.
func (a *azure) mask(form string) string {
	if !a.writable(form) {
		return ""
	}
	return a.command("task.setsecret", form)
}

func (a *azure) line(n note) string {
	n.text = a.legible(n.text)
	switch n.level {
	case Debug:
		return a.command("task.debug", n.text)
	case Warning:
		return a.command("task.logissue", n.text, append([]string{"type", "warning"}, n.issue()...)...)
	case Failure:
		return a.command("task.logissue", n.text, append([]string{"type", "error"}, n.issue()...)...)
	default:
		return plain(n)
	}
}

// issue returns the properties of an issue other than its type.
func (n note) issue() (properties []string) {
	if n.file != "" {
		properties = append(properties, "sourcepath", n.file, "linenumber", strconv.Itoa(n.line))
	}
	if n.code != "" {
		properties = append(properties, "code", n.code)
	}
	return properties
}

func (a *azure) ready() error { return nil }

// publish writes all variables in one write. A variable that is both an output and a
// secret is set once, as both.
func (a *azure) publish(outputs []Output, env []EnvVar) error {
	var lines []string
	for _, o := range outputs {
		line, err := a.setVariable(camel(o.Name), showControls(o.Value), true, o.Secret)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	for _, e := range env {
		line, err := a.setVariable(e.Name, e.Value, false, true)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil
	}
	return a.host.log.print(strings.Join(lines, "\n"))
}

// showControls makes control characters visible, because the agent has no escapes
// for them and would write raw ones into its debug log. It does the same with
// separators that many programs, but not the agent, treat as line ends. Tabs and
// line breaks are kept.
func showControls(value string) string {
	if !strings.ContainsFunc(value, isControl) {
		return value
	}
	var b strings.Builder
	for _, r := range value {
		if isControl(r) {
			b.WriteString(escape(r, string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) && !strings.ContainsRune("\t\r\n", r)
}

// setVariable rejects a secret of several lines, as the agent does
// (azure-pipelines-agent TaskCommandExtension.cs), because it could not be masked.
func (a *azure) setVariable(name, value string, output, secret bool) (string, error) {
	if secret && strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("%s: Azure Pipelines does not accept a secret with line breaks", name)
	}
	if !a.writable(value) {
		return "", unwritableHere(name)
	}
	properties := []string{"variable", name}
	if output {
		properties = append(properties, "isOutput", "true")
	}
	if secret {
		properties = append(properties, "isSecret", "true")
	}
	return a.command("task.setvariable", value, properties...), nil
}

// unwritableHere returns the error for a value that the agent would change.
func unwritableHere(name string) error {
	return fault.New(fault.OutputFailed, "%s: the value contains %%3B, %%0D, %%0A or %%5D, which the agent would change, because this job sets DECODE_PERCENTS to false", name).
		With("remove the variable DECODE_PERCENTS from the pipeline, or set it to true; agents have decoded percent signs by default since 2021")
}

// check checks values that are known before anything is minted.
func (a *azure) check(outputs []Output) error {
	for _, o := range outputs {
		if !a.writable(o.Value) {
			return unwritableHere(camel(o.Name))
		}
	}
	return nil
}

// summarize attaches a Markdown file where the agent can read it; attaching a file
// that it cannot read would fail the step.
func (a *azure) summarize(s Summary) (bool, error) {
	dir := a.host.opts.Env["AGENT_TEMPDIRECTORY"]
	if a.host.opts.InContainer || !filepath.IsAbs(dir) {
		return false, nil
	}
	f, err := os.CreateTemp(dir, "azstep-summary-*.md")
	if err != nil {
		return false, nil // not the agent's directory, or not writable
	}
	_, err = f.WriteString(withoutHTML(s.markdown(maxSummary)))
	if err = errors.Join(err, f.Close()); err != nil {
		return false, errors.Join(err, os.Remove(f.Name()))
	}
	err = a.host.log.print(a.command("task.addattachment", f.Name(), "type", "Distributedtask.Core.Summary", "name", cardName(s)))
	return err == nil, err
}

// cardName is the name under which the run's page shows a summary. The command
// uploadsummary would use the name of the file (azure-pipelines-agent
// TaskCommandExtension.cs). The agent refuses what no file can be called.
func cardName(s Summary) string {
	name := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' || r == '-' {
			return r
		}
		return -1
	}, s.Title)
	switch {
	case name == "":
		return "azstep - what to do"
	case strings.HasPrefix(name, "azstep"):
		return name
	}
	return "azstep - " + name
}

// journal stores values in variables of the job.
func (a *azure) journal() journal {
	return jobVariables{env: a.host.opts.Env, upper: true, put: func(key, value string) error {
		if a.rawPercents {
			value = strings.ReplaceAll(value, "%", `\u0025`) // it is JSON
		}
		line, err := a.setVariable(key, value, false, false)
		if err != nil {
			return err
		}
		return a.host.log.print(line)
	}}
}
