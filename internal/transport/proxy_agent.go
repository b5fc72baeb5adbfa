package transport

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// agentProxy returns the proxy that the agent of Azure Pipelines was configured
// with, which its own tasks use (azure-pipelines-task-lib,
// getHttpProxyConfiguration), or nil. The agent's bypass list contains regular
// expressions for addresses (azure-pipelines-agent VstsAgentWebProxy.cs). NO_PROXY
// counts as well, and loopback addresses never use the proxy.
func agentProxy(env map[string]string) proxyFunc {
	proxy, err := url.Parse(strings.TrimSpace(env["AGENT_PROXYURL"]))
	if err != nil || proxy.Hostname() == "" || proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil
	}
	if user := expanded(env["AGENT_PROXYUSERNAME"]); user != "" {
		proxy.User = url.UserPassword(user, expanded(env["AGENT_PROXYPASSWORD"]))
	}
	c := httpproxy.Config{HTTPSProxy: proxy.String(), NoProxy: either(env, "no_proxy", "NO_PROXY")}
	via, bypass := c.ProxyFunc(), bypassList(env["AGENT_PROXYBYPASSLIST"])
	return func(to *url.URL) (*url.URL, error) {
		if isLoopback(lower(to.Hostname())) {
			return nil, nil
		}
		for _, direct := range bypass {
			if direct.MatchString(to.String()) {
				return nil, nil
			}
		}
		return via(to)
	}
}

// expanded returns a value, or "" if it is an unexpanded macro.
func expanded(value string) string {
	if strings.HasPrefix(value, "$(") {
		return ""
	}
	return value
}

// bypassList returns the agent's regular expressions, case-insensitive. Expressions
// that Go cannot parse are skipped, so their addresses use the proxy.
func bypassList(text string) (list []*regexp.Regexp) {
	var patterns []string
	if json.Unmarshal([]byte(text), &patterns) != nil {
		return nil
	}
	for _, one := range patterns {
		if direct, err := regexp.Compile("(?i)" + one); err == nil && one != "" {
			list = append(list, direct)
		}
	}
	return list
}
