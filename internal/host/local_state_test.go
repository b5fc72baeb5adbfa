package host

import (
	"encoding/json"
	"testing"
)

// FuzzRecords checks that the record after any content of a state file, such as a
// torn line or foreign text, is found, and that only leases are.
func FuzzRecords(f *testing.F) {
	for _, text := range []string{
		"", `{"key":"AZSTEP_LEASE_0badcafe","value":"x"}` + "\n", `{"key":"AZSTEP_LEASE_0bad`, `{"key":"PATH","value":"/tmp"}`, "null\n[]\n\"x\"\n", "\x00\r\n \n",
		`{"key":"azstep_lease_0BADCAFE","value":""}`, `{"key":1}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line, err := json.Marshal(record{"AZSTEP_LEASE_0badcafe", text + "!"})
		if err != nil {
			t.Fatal(err)
		}
		var meant record // invalid UTF-8 is replaced
		if err := json.Unmarshal(line, &meant); err != nil {
			t.Fatal(err)
		}
		found := kept(readRecords(text + "\n" + string(line) + "\n"))
		if got := found["AZSTEP_LEASE_0badcafe"]; got != meant.Value {
			t.Errorf("the record after %q is %q, want %q", text, got, meant.Value)
		}
		for key := range found {
			if !isLease(key) {
				t.Errorf("%q gave %q", text, key)
			}
		}
	})
}
