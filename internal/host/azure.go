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

// azure speaks the logging commands of Azure Pipelines. All of them travel on
// the one stream.
type azure struct {
	host *Host
	// rawPercents says that the agent does not undo %AZP25: the job has
	// DECODE_PERCENTS=false (azure-pipelines-agent AgentKnobs.cs).
	rawPercents bool
}

func newAzure(h *Host) *azure {
	return &azure{h, strings.EqualFold(strings.TrimSpace(h.opts.Env["DECODE_PERCENTS"]), "false")}
}

// azureEscapes is what the agent undoes in properties and data alike
// (azure-pipelines-agent CommandStringConvertor.cs). The percent sign has its
// own escape, and a replacer goes over a text once, so that none is undone twice.
// Without that escape a percent sign is written as it is, and a text that looks
// like one of the other escapes cannot be written at all.
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

// legible is a text for people. Where the agent would undo a part of it that is
// no escape, a blank keeps that part as it is.
func (a *azure) legible(text string) string {
	if a.rawPercents {
		return azureUndone.Replace(text)
	}
	return text
}

// writable reports whether the agent reads the value back as it is.
func (a *azure) writable(value string) bool {
	return !a.rawPercents || azureUndone.Replace(value) == value
}

// command is one logging command; properties alternate between name and value.
func (a *azure) command(name, data string, properties ...string) string {
	var b strings.Builder
	b.WriteString("##vso[" + name)
	for i := 0; i+1 < len(properties); i += 2 {
		b.WriteByte(" ;"[min(i, 1)])
		b.WriteString(properties[i] + "=" + a.escape(properties[i+1]))
	}
	return b.String() + "]" + a.escape(data)
}

// mask registers a form of one line: the agent masks its log line by line.
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

// issue are the properties of an issue beside its type.
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

// publish writes all variables in one write. A variable that is an output and
// a secret is both, under its one name.
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

// showControls makes control characters visible, which no escape of the agent
// carries: raw ones would reach its debug log. So it does with the separators that
// many programs end a line at, though the agent does not. Tabs and line breaks stay.
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

// setVariable refuses a secret of several lines, as the agent does
// (azure-pipelines-agent TaskCommandExtension.cs): it could not mask it.
func (a *azure) setVariable(name, value string, output, secret bool) (string, error) {
	if secret && strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("%s: Azure Pipelines takes no secret of several lines", name)
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

// unwritableHere is the error for a value that the agent would change on the way.
func unwritableHere(name string) error {
	return fault.New(fault.OutputFailed, "%s: the value contains %%3B, %%0D, %%0A or %%5D, which the agent would change, because this job sets DECODE_PERCENTS to false", name).
		With("remove the variable DECODE_PERCENTS from the pipeline, or set it to true; agents have decoded percent signs by default since 2021")
}

// check is about values that are known before anything is minted.
func (a *azure) check(outputs []Output) error {
	for _, o := range outputs {
		if !a.writable(o.Value) {
			return unwritableHere(camel(o.Name))
		}
	}
	return nil
}

// summarize uploads a Markdown file where the agent can read it; the upload of
// one that it cannot read would fail the step.
func (a *azure) summarize(s Summary) (bool, error) {
	dir := a.host.opts.Env["AGENT_TEMPDIRECTORY"]
	if a.host.opts.InContainer || !filepath.IsAbs(dir) {
		return false, nil
	}
	f, err := os.CreateTemp(dir, "azstep-summary-*.md")
	if err != nil {
		return false, nil // not the agent's directory, or not ours to write
	}
	_, err = f.WriteString(s.markdown(maxSummary))
	if err = errors.Join(err, f.Close()); err != nil {
		return false, errors.Join(err, os.Remove(f.Name()))
	}
	err = a.host.log.print(a.command("task.uploadsummary", f.Name()))
	return err == nil, err
}

// journal are variables of the job.
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
