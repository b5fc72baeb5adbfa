//go:build unix

package main

import (
	"path/filepath"
	"slices"
)

// contestant is a tool that people use for the operation, or could use.
type contestant struct {
	name    string
	every   int // number of rounds from one run to the next: slow contestants run less often
	has     func(operation) bool
	program func(*bench, operation, job) program
}

// The names of contestants that targets or messages about missing tools mention.
const (
	ours     = "azstep"
	plain    = "Go net/http"
	curl     = "curl"
	glue     = "sh + curl + jq"
	goAPI    = "azure-devops-go-api 7"
	nodeAPI  = "azure-devops-node-api 17"
	azCLI    = "az"
	openTofu = "terraform-provider-azuredevops"
)

func contestants() []contestant {
	return []contestant{
		{ours, 1, func(operation) bool { return true }, byAzstep},
		{plain, 1, sends, byBaseline},
		{curl, 1, sends, byCurl},
		{glue, 1, func(o operation) bool { return o.script != "" }, func(b *bench, o operation, j job) program { return b.sh(o.script, o, j) }},
		{goAPI, 1, func(o operation) bool { return o.peer != "" }, byGoAPI},
		{nodeAPI, 2, func(o operation) bool { return o.node != "" }, byNode},
		{azCLI, 5, func(o operation) bool { return o.az != "" }, func(b *bench, o operation, j job) program { return b.sh(o.az, o, j) }},
		{openTofu, 10, func(o operation) bool { return o.tofu != "" }, byTofu},
	}
}

func sends(o operation) bool { return o.requests != nil }

func byAzstep(b *bench, o operation, j job) program {
	env := o.inputs(j)
	for _, name := range []string{"AZSTEP_ORGANIZATION", "AZSTEP_PROJECT", "AZSTEP_APPLICATION", "AZSTEP_AUTHORITY_HOST"} {
		env = append(env, name+"="+j.s.env[name])
	}
	if !o.form {
		env = append(env, "AZSTEP_CREDENTIAL="+o.token(j))
	}
	if j.roots.own {
		env = append(env, "SSL_CERT_FILE="+j.roots.file)
	} else {
		env = append(env, "AZSTEP_CA_FILE="+j.roots.file)
	}
	return program{b.azstep, o.args, env}
}

// token returns the token for the operation.
func (o operation) token(j job) string {
	if o.iot {
		return j.s.iotToken
	}
	return j.s.env["AZSTEP_CREDENTIAL"]
}

func (o operation) authorization(j job) string {
	if o.form {
		return ""
	}
	return "Bearer " + o.token(j)
}

func (o operation) contentType() string {
	if o.form {
		return "application/x-www-form-urlencoded"
	}
	return "application/json"
}

func byBaseline(b *bench, o operation, j job) program {
	file, env := j.roots.file, []string(nil)
	if j.roots.own {
		file, env = "", []string{"SSL_CERT_FILE=" + j.roots.file}
	}
	args := []string{file, o.authorization(j), o.contentType()}
	for _, r := range o.requests(j) {
		args = append(args, r.method, r.url, r.body)
	}
	return program{b.built("baseline"), args, env}
}

// byCurl uses one curl for all requests. It fails if the last request fails.
func byCurl(b *bench, o operation, j job) program {
	var args []string
	all := o.requests(j)
	for i, r := range all {
		if i > 0 {
			args = append(args, "--next")
		}
		args = append(args, "--silent", "--show-error", "--cacert", j.roots.file, "--request", r.method,
			"--header", "Content-Type: "+o.contentType(), "--data-raw", r.body, r.url)
		if r.body == "" {
			args = slices.Delete(args, len(args)-3, len(args)-1)
		}
		if !o.form {
			args = append(args, "--header", "Authorization: "+o.authorization(j))
		}
		if i == len(all)-1 {
			args = append(args, "--fail")
		}
	}
	return program{b.found[curl], args, nil}
}

func byGoAPI(b *bench, o operation, j job) program {
	env := b.env(o, j)
	if j.roots.own {
		env = append(env, "CA=", "SSL_CERT_FILE="+j.roots.file)
	}
	return program{b.built("peers"), []string{o.peer}, env}
}

// byNode adds a file's roots to Node's own ones, or replaces these with the
// system's.
func byNode(b *bench, o operation, j job) program {
	script := filepath.Join(b.dir, "node", "peer.js")
	if j.roots.own {
		return program{b.found[nodeAPI], []string{"--use-openssl-ca", script, o.node}, append(b.env(o, j), "SSL_CERT_FILE="+j.roots.file)}
	}
	return program{b.found[nodeAPI], []string{script, o.node}, append(b.env(o, j), "NODE_EXTRA_CA_CERTS="+j.roots.file)}
}

// byTofu trusts one file in both settings: Go reads SSL_CERT_FILE in place of the
// system's roots.
func byTofu(b *bench, o operation, j job) program {
	p := b.sh(o.tofu, o, j)
	p.env = append(p.env, "SSL_CERT_FILE="+j.roots.file, "TOFU="+b.found[openTofu], "TF_CLI_CONFIG_FILE="+b.built("tofu.rc"),
		"PROJECT_ID="+projectID, "CHECKPOINT_DISABLE=1")
	return p
}

func (b *bench) sh(script string, o operation, j job) program {
	return program{"/bin/sh", []string{"-c", script}, b.env(o, j)}
}

// env returns the variables for scripts and for other programs.
func (b *bench) env(o operation, j job) []string {
	return []string{
		"HOME=" + b.dir, "AZURE_CONFIG_DIR=" + filepath.Join(b.dir, "azure"), "AZURE_CORE_COLLECT_TELEMETRY=0",
		"AZURE_CORE_ONLY_SHOW_ERRORS=1", "AZURE_DEVOPS_EXT_PAT=" + j.s.pat, "REQUESTS_CA_BUNDLE=" + j.roots.file, "CA=" + j.roots.file,
		"ORGANIZATION=" + j.s.env["AZSTEP_ORGANIZATION"], "APPLICATION=" + j.s.env["AZSTEP_APPLICATION"],
		"AUTHORITY=" + j.s.env["AZSTEP_AUTHORITY_HOST"], "PROJECT=" + project, "SUBJECT=" + j.subject,
		"TOKEN=" + o.token(j), "AUTHORIZATION=" + o.authorization(j), "VALID_TO=" + validTo(),
		"TENANT_ID=" + tenant, "CLIENT_ID=" + client, "CLIENT_SECRET=" + secret,
	}
}
