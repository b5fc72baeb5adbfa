package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// azure speaks the logging commands of Azure Pipelines. All of them travel on
// the one stream.
type azure struct{ host *Host }

// azureEscapes is what the agent undoes in properties and data alike
// (azure-pipelines-agent CommandStringConvertor.cs). The percent sign has its
// own escape, and a replacer goes over a text once, so that none is undone twice.
var azureEscapes = strings.NewReplacer("%", "%AZP25", ";", "%3B", "\r", "%0D", "\n", "%0A", "]", "%5D")

// command is one logging command; properties alternate between name and value.
func command(name, data string, properties ...string) string {
	var b strings.Builder
	b.WriteString("##vso[" + name)
	for i := 0; i+1 < len(properties); i += 2 {
		b.WriteByte(" ;"[min(i, 1)])
		b.WriteString(properties[i] + "=" + azureEscapes.Replace(properties[i+1]))
	}
	return b.String() + "]" + azureEscapes.Replace(data)
}

// mask registers a form of one line: the agent masks its log line by line.
func (a *azure) mask(form string) string { return command("task.setsecret", form) }

func (a *azure) line(level Level, code, text string) string {
	switch level {
	case Debug:
		return command("task.debug", text)
	case Warning:
		return command("task.logissue", text, "type", "warning")
	case Failure:
		if code == "" {
			return command("task.logissue", text, "type", "error")
		}
		return command("task.logissue", text, "type", "error", "code", code)
	default:
		return plain(level, text)
	}
}

func (a *azure) ready() error { return nil }

// publish writes all variables in one write. A variable that is an output and
// a secret is both, under its one name.
func (a *azure) publish(outputs []Output, env []EnvVar) error {
	var lines []string
	for _, o := range outputs {
		line, err := setVariable(camel(o.Name), showControls(o.Value), true, o.Secret)
		if err != nil {
			return err
		}
		lines = append(lines, line)
	}
	for _, e := range env {
		line, err := setVariable(e.Name, e.Value, false, true)
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
	if !strings.ContainsFunc(value, isUnwelcome) {
		return value
	}
	var b strings.Builder
	for _, r := range value {
		if isUnwelcome(r) {
			b.WriteString(escape(r, string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isUnwelcome(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp) && !strings.ContainsRune("\t\r\n", r)
}

// setVariable refuses a secret of several lines, as the agent does
// (azure-pipelines-agent TaskCommandExtension.cs): it could not mask it.
func setVariable(name, value string, output, secret bool) (string, error) {
	if secret && strings.ContainsAny(value, "\r\n") {
		return "", fmt.Errorf("%s: Azure Pipelines takes no secret of several lines", name)
	}
	properties := []string{"variable", name}
	if output {
		properties = append(properties, "isOutput", "true")
	}
	if secret {
		properties = append(properties, "isSecret", "true")
	}
	return command("task.setvariable", value, properties...), nil
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
	err = a.host.log.print(command("task.uploadsummary", f.Name()))
	return err == nil, err
}

func (a *azure) save(key, value string) error {
	line, err := setVariable(key, value, false, false)
	if err != nil {
		return err
	}
	return a.host.log.print(line)
}

func (a *azure) saved() (map[string]string, error) { return leases(a.host.opts.Env, ""), nil }
