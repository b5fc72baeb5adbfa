package input

import (
	"net/url"
	"slices"
	"strings"
)

// secretInputs lists the inputs that hold a secret.
var secretInputs = []string{"credential", "client-secret", "refresh-token", "assertion"}

// secretVariables lists the other environment variables that hold a secret. An
// earlier step may have exported AZSTEP_TOKEN.
var secretVariables = []string{
	"SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT", "AZURE_CLIENT_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
	"ACTIONS_RUNTIME_TOKEN", "AZSTEP_TOKEN", "IDENTITY_HEADER", "MSI_SECRET", "AGENT_PROXYPASSWORD",
}

var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AGENT_PROXYURL"}

// Secrets returns the values to mask before anything is decoded or reported. It
// covers every spelling, including those that are ignored on this host.
func Secrets(env map[string]string) []string {
	var found []string
	add := func(value string) {
		if value, ok := set(value); ok && !slices.Contains(found, value) {
			found = append(found, value)
		}
	}
	for _, key := range SecretVariables() {
		add(env[key])
	}
	for _, key := range proxyVariables {
		add(proxyPassword(env[key]))
	}
	return found
}

// Exposed lists the variables that hold a secret of which short says that nothing can
// be hidden, in a fixed order.
func Exposed(env map[string]string, short func(secret string) bool) []string {
	var found []string
	for _, key := range SecretVariables() {
		if value, ok := set(env[key]); ok && short(value) && !slices.Contains(found, key) {
			found = append(found, key)
		}
	}
	for _, key := range proxyVariables {
		if password, ok := set(proxyPassword(env[key])); ok && short(password) {
			found = append(found, key)
		}
	}
	return found
}

// SecretVariables lists the environment variables that may hold a secret.
func SecretVariables() []string { return append(SecretInputs(), secretVariables...) }

// SecretInputs lists the environment variables of the inputs that hold a secret, in
// all spellings.
func SecretInputs() []string {
	var names []string
	for _, name := range secretInputs {
		names = append(names, NewSource(nil, false, false).spellings(name)...)
	}
	return names
}

// Inherited returns env as KEY=value, without the inputs that hold secrets, for a
// process that azstep starts. It is sorted, so that of two names that differ only in
// case the one in capitals comes first: on Windows, where the last one wins, the
// command gets the original name.
func Inherited(env map[string]string) []string {
	secrets := SecretInputs()
	var all []string
	for key, value := range env {
		if !slices.Contains(secrets, strings.ToUpper(key)) {
			all = append(all, key+"="+value)
		}
	}
	slices.Sort(all)
	return all
}

func proxyPassword(proxy string) string {
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	u, err := url.Parse(proxy)
	if err == nil && u.User != nil {
		password, _ := u.User.Password()
		return password
	}
	return looksLikePassword(proxy)
}

// looksLikePassword returns what was probably meant as the password in an address
// that cannot be parsed because the password is not percent-encoded.
func looksLikePassword(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return ""
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	return password
}
