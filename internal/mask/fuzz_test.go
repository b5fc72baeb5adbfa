package mask

import (
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// FuzzWriter drives a Writer with a plan in which each byte is one step. After each
// step the output must equal the model's and, if the plan only writes, finally also
// the result of brute force.
func FuzzWriter(f *testing.F) {
	f.Add("hunter2\nswordfish", "hunter2swordfish hunter", []byte{3, relent, 9})
	f.Add("aaaa\naaaaab\nabaaaa", "aaaaaaabaaaaabaaab", []byte{1})
	f.Add("abcdefghijklmnopqrstuvwxyz\nwxyz", "abcdefghijklmnopqrstuvwxyz", []byte{25, relent, addition, 1})
	f.Add("\x80000\n0000", "\u07400000", []byte{0x30}) // half of a rune is a byte like any other
	f.Add("0000.\n0000", "00000000", []byte{addition, 7, addition, 1})
	f.Add("abcd\nbcda\ncdab\ndabc", "abcabcdabcdab", []byte{2, relent, 3, relent})
	f.Fuzz(func(t *testing.T, needles, text string, plan []byte) {
		if len(text) > 1<<10 || len(needles) > 1<<10 || len(plan) > 1<<10 {
			t.Skip("the model is slow")
		}
		d := newDriver(needles, text, plan)
		for i, op := range append(plan, relent-1) {
			d.step(op)
			if d.out.String() != d.model.String() {
				t.Fatalf("step %d (%#x): wrote %q, want %q", i, op, d.out.String(), d.model.String())
			}
		}
		d.finish()
		got, want := d.out.String(), d.model.String()
		if d.plain {
			want = bruteForce(d.model.needles, text)
		}
		if clean := d.set.Clean(text); got != want || d.plain && clean != want {
			t.Fatalf("wrote %q, cleaned %q, want %q", got, clean, want)
		}
	})
}

const (
	relent   = 0x80 // steps from this value on are a Relent; smaller ones are a Write of that many bytes plus one
	addition = 0xc0 // steps from this value on add to the Set
)

// driver applies the same steps to a Writer and to the model.
type driver struct {
	set     Set
	out     strings.Builder
	writer  *Writer
	model   model
	needles []string // needles for the plan to add
	text    string   // text for the plan to write
	plain   bool     // there were only writes
}

func newDriver(needles, text string, plan []byte) *driver {
	d := &driver{text: text, needles: strings.Split(needles, "\n")}
	d.needles = slices.DeleteFunc(d.needles, func(n string) bool { return len(n) < minLen })
	d.writer = d.set.Writer(&d.out)
	d.plain = len(plan) == 0 || slices.Max(plan) < relent
	if len(plan) == 0 || slices.Max(plan) < addition {
		d.add(len(d.needles))
	}
	return d
}

func (d *driver) step(op byte) {
	switch {
	case op >= addition:
		d.add(min(1, len(d.needles)))
	case op >= relent:
		_ = d.writer.Relent()
		d.model.relent()
	default:
		d.write(min(int(op)+1, len(d.text)))
	}
}

func (d *driver) add(n int) {
	d.set.insert(d.needles[:n])
	d.model.needles = append(d.model.needles, d.needles[:n]...)
	d.needles = d.needles[n:]
}

func (d *driver) write(n int) {
	_, _ = d.writer.Write([]byte(d.text[:n]))
	d.model.write(d.text[:n], false)
	d.text = d.text[n:]
}

func (d *driver) finish() {
	d.write(len(d.text))
	_ = d.writer.Flush()
	d.model.write("", true)
}

// FuzzAdd checks that a host can register every form, and that the Set hides what
// programs print of a secret.
func FuzzAdd(f *testing.F) {
	for _, secret := range []string{
		"FAKE-PAT-0001", " abc\r\n{\"key\": \"d/e+f=\"}\n", "p@ss wörd's <\"&\"> \\ `~!()*\t😀",
		"SharedAccessSignature sr=x&sig=a%2Fb%2Bc%3D&skn=y&se=1", "\xff\xfe\xfd\xfc", "ab\ncd", "\u2028\u2028", "\ue9a60",
	} {
		f.Add(secret)
	}
	programs := map[string]func(string) string{
		"as it is": func(s string) string { return s },
		"url":      url.QueryEscape,
		"json":     func(s string) string { b, _ := json.Marshal(s); return string(b[1 : len(b)-1]) },
		"html":     html.EscapeString,
		"hex":      func(s string) string { return hex.EncodeToString([]byte(s)) },
		"quote":    func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	}
	f.Fuzz(func(t *testing.T, secret string) {
		var s Set
		forms := s.Add(secret)
		for i, form := range forms {
			if isShort(form) || strings.ContainsAny(form, "\r\n") || slices.Contains(forms[:i], form) {
				t.Errorf("form %q of %q", form, secret)
			}
			if got := s.Clean(form); got != mark {
				t.Errorf("form %q of %q: Clean makes %q of it", form, secret, got)
			}
		}
		if again := s.Add(secret); len(again) != 0 {
			t.Errorf("%q added again: new forms %q", secret, again)
		}
		value := strings.TrimSpace(secret)
		if isShort(value) || strings.ContainsAny(value, "\r\n*") {
			return // "x **" occurs in the rest of " x x **", although it was hidden there
		}
		if forms[0] != value {
			t.Errorf("%q: the first form is %q", secret, forms[0])
		}
		for name, do := range programs {
			if got := s.Clean(do("-- " + value + " --")); strings.Contains(got, do(value)) {
				t.Errorf("%s: the output %q contains %q", name, got, value)
			}
		}
	})
}
