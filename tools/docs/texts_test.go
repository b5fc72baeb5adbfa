package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// literals returns the string literals in the module's code, without tests.
func literals(t *testing.T, dirs ...string) []string {
	t.Helper()
	var all []string
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					all = append(all, literal(lit))
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

var quoted = regexp.MustCompile("(?m)^### `(.+)`$")

// A user who searches a page for an error must find it: headings in code are texts
// of the program, with … for values.
func TestTroubleshootingQuotesTheProgram(t *testing.T) {
	t.Parallel()
	texts := literals(t, "internal")
	for _, p := range allPages(t) {
		if p.path != "docs/troubleshooting.md" {
			continue
		}
		headings := quoted.FindAllStringSubmatch(p.text, -1)
		if len(headings) < 30 {
			t.Errorf("only %d headings quote the program", len(headings))
		}
		for _, h := range headings {
			if !anyMatches(texts, h[1]) {
				t.Errorf("the program never prints %q", h[1])
			}
		}
	}
}

// A user who searches the page for an error or a word that others have reported must
// find it.
func TestTroubleshootingFindsWhatPeopleSaw(t *testing.T) {
	t.Parallel()
	page := ""
	for _, p := range allPages(t) {
		if p.path == "docs/troubleshooting.md" {
			page = p.text
		}
	}
	headings := regexp.MustCompile("(?m)^### (.+)$").FindAllStringSubmatch(page, -1)
	for _, seen := range []string{
		"write the outputs: displayName: the value contains %3B, %0D, %0A or %5D, which the agent would change, because this job sets DECODE_PERCENTS to false",
		"checking whether this pipeline (6, from SYSTEM_DEFINITIONID) can use the resource",
		"this machine's clock is 5h ahead of the service's clock; correct it",
		"credential; the main step had it, so the runner lost the inputs of this post step",
		"get an Entra token from the Azure CLI: [Errno 30] Read-only file system: /home/runner/.azure",
		"az is not installed, or not on PATH",
		"x509: certificate signed by unknown authority; the server's certificate was issued by \"CN=proxy\"",
		"ca-file: line 12: the block that begins here has no END",
		"ca-file: the file contains no PEM certificate",
		"the proxy 127.0.0.1:3128 answered CONNECT with 407 Proxy Authentication Required",
		"the proxy 127.0.0.1:3128 answered CONNECT with 403 Forbidden",
		"HTTP 200 with a web page instead of JSON; it does not come from the service, and a proxy or a firewall may have sent it",
		"AGENT_PROXYURL",
		"as the service asked", "rate-limited",
		"VS403463", "TF401444", "VssVersionOutOfRangeException", "out of range for this server",
		"it looks percent-encoded: write Fabrikam Fiber",
		"the name is taken by a group, or by a team that was just created: choose another name for the team, or run the step again",
		"is already used in the project", "Argument list too long",
		"some outputs exceed 120000 bytes, the limit for a variable here, so they are set to []; set report-file to get the complete report",
		"no federated credential of application 0fab0000 matches this job (AADSTS700213)",
		"credential is neither a PAT nor a complete Entra token: it is truncated",
		"credential: character 852 is U+200B, but only printable ASCII characters can be sent",
	} {
		if !strings.Contains(page, seen) && !anyHeading(headings, seen) {
			t.Errorf("docs/troubleshooting.md does not help with %q", seen)
		}
	}
}

func anyHeading(headings [][]string, seen string) bool {
	for _, h := range headings {
		heading := strings.Trim(h[1], "`")
		heading = strings.TrimSuffix(heading, "…") // a value at the end is in the rest of the line
		if heading != "" && anyMatches([]string{seen}, heading) && len(strings.ReplaceAll(heading, "…", "")) > 15 {
			return true
		}
	}
	return false
}

func anyMatches(texts []string, heading string) bool {
	parts := strings.Split(heading, "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	pattern := regexp.MustCompile(strings.Join(parts, ".*"))
	for _, text := range texts {
		if pattern.MatchString(text) {
			return true
		}
	}
	return false
}

var ownVariable = regexp.MustCompile(`AZSTEP_[A-Z0-9_]*[A-Z0-9]`)

// Every AZSTEP_ variable that a page names must be an input's variable, or occur in
// the program.
func TestVariablesExist(t *testing.T) {
	t.Parallel()
	f, err := gather(root)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"AZSTEP_LEASE": true, "AZSTEP_VERSION": true} // the prefix of names; a variable that installers set
	for _, in := range f.inputs {
		known["AZSTEP_"+strings.ToUpper(strings.ReplaceAll(in.name, "-", "_"))] = true
	}
	for _, text := range literals(t, "internal/command", "internal/host", "internal/steps", "internal/input", "test/bench", "test/program") {
		for _, name := range ownVariable.FindAllString(text, -1) {
			known[name] = true
		}
	}
	for _, p := range allPages(t) {
		for _, name := range ownVariable.FindAllString(p.text, -1) {
			if !known[name] && name != "AZSTEP_RESOURCE_TYPE" {
				t.Errorf("%s: azstep does not use %s", p.path, name)
			}
		}
	}
}

func TestShellParses(t *testing.T) {
	t.Parallel()
	needBash(t)
	for _, p := range allPages(t) {
		for _, b := range p.blocks {
			if b.language != "sh" {
				continue
			}
			check := exec.Command("bash", "-n")
			check.Stdin = strings.NewReader(b.text)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", b, err, out)
			}
		}
	}
}

var control = regexp.MustCompile(`/_emulator/([a-z/{}]+)`)

func TestControlRequestsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, text := range literals(t, "internal/emulator") {
		known[text] = true
	}
	for _, p := range allPages(t) {
		for _, m := range control.FindAllStringSubmatch(p.text, -1) {
			if !known[m[1]] {
				t.Errorf("%s: the emulator does not support %s", p.path, m[1])
			}
		}
	}
}
