package transport

import (
	"net/url"
	"testing"
)

func TestAgentProxy(t *testing.T) {
	t.Parallel()
	agent := map[string]string{
		"AGENT_PROXYURL": "http://proxy.example:3128", "AGENT_PROXYUSERNAME": "fabrikam", "AGENT_PROXYPASSWORD": "FAKE p/w",
		"AGENT_PROXYBYPASSLIST": `["\\.Contoso\\.com", "("]`,
	}
	for _, c := range []struct {
		env  map[string]string
		to   string
		want string
	}{
		{agent, "https://dev.azure.com/fabrikam", "http://fabrikam:FAKE%20p%2Fw@proxy.example:3128"},
		{agent, "https://tfs.contoso.com/c", ""},
		{agent, "https://127.0.0.1:8443/", ""},
		{map[string]string{"AGENT_PROXYURL": "http://p:1", "NO_PROXY": ".contoso.com"}, "https://tfs.contoso.com/", ""},
		{map[string]string{"AGENT_PROXYURL": "http://proxy.example:3128", "HTTPS_PROXY": "http://other.example:1"}, "https://dev.azure.com/", "http://other.example:1"},
		{map[string]string{"AGENT_PROXYURL": "proxy.example:3128"}, "https://dev.azure.com/", ""},
		{map[string]string{"AGENT_PROXYURL": "http://p:1", "AGENT_PROXYBYPASSLIST": "no list"}, "https://dev.azure.com/", "http://p:1"},
		{map[string]string{}, "https://dev.azure.com/", ""},
	} {
		to, err := url.Parse(c.to)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if proxy := proxyFrom(c.env, true); proxy != nil {
			via, err := proxy(to)
			if err != nil {
				t.Fatal(err)
			}
			if via != nil {
				got = via.String()
			}
		}
		if got != c.want {
			t.Errorf("%v %s: by %q, want %q", c.env, c.to, got, c.want)
		}
	}
	if proxyFrom(agent, false) != nil {
		t.Error("the agent's proxy is used without an agent")
	}
}
