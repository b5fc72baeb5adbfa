package mask

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddReturnsWhatIsNew(t *testing.T) {
	t.Parallel()
	var s Set
	first := s.Add("FAKE-PAT-0001")
	if len(first) < 5 || first[0] != "FAKE-PAT-0001" {
		t.Fatalf("the value is not the first of its forms: %q", first)
	}
	if again := s.Add(" FAKE-PAT-0001\n"); len(again) != 0 {
		t.Errorf("the same again has new forms: %q", again)
	}
	if form := s.Add(first[1]); len(form) == 0 || form[0] == first[1] {
		t.Errorf("a form added as a secret of its own: got %q, want its forms without itself", form)
	}
}

func TestAddNothing(t *testing.T) {
	t.Parallel()
	var s Set
	for _, secret := range []string{"", " \r\n\t", "abc", "  abc  ", "\nab\n", "日本語"} {
		if forms := s.Add(secret); len(forms) != 0 {
			t.Errorf("Add(%q) = %q, want none", secret, forms)
		}
	}
	if got := s.Clean("abc ab"); got != "abc ab" {
		t.Errorf("got %q", got)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	var s Set
	s.Add("FAKE-PAT-0001")
	s.Add("FAKE…PAT-0002")
	for text, want := range map[string]string{
		"FAKE-PAT-0001…":             "***…",
		"got FAKE-PAT… and FAKE…":    "got ***… and ***…",
		"FAKE-PAT stays; FAK…":       "FAKE-PAT stays; FAK…",
		"x FAKE-PAT-0001FAKE-P…tail": "x ******…tail",
		"FAKE…PAT-0002":              "***",
		"…FAKE":                      "…FAKE",
		"":                           "",
	} {
		if diff := cmp.Diff(want, s.Excerpt(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestCleanSignatureOfJWT(t *testing.T) {
	t.Parallel()
	var s Set
	s.Add("eyJGQUtFIjoxfQ.eyJGQUtFIjoyfQ.FAKE-signature")
	s.Add("FAKE.not.atoken")
	if diff := cmp.Diff("eyJGQUtFIjoyfQ is signed with ***, atoken", s.Clean("eyJGQUtFIjoyfQ is signed with FAKE-signature, atoken")); diff != "" {
		t.Error(diff)
	}
}

func TestCleanSeveralLines(t *testing.T) {
	t.Parallel()
	var s Set
	key := "-----BEGIN FAKE KEY-----\r\n  bm90LWEta2V5\r\n}\r\n-----END FAKE KEY-----\r\n"
	s.Add(key)
	for name, c := range map[string]struct{ text, want string }{
		"as it is":      {key, "***\r\n  ***\r\n}\r\n***\r\n"},
		"one line":      {"got bm90LWEta2V5.", "got ***."},
		"other breaks":  {"bm90LWEta2V5\n-----END FAKE KEY-----", "***\n***"},
		"as JSON":       {`{"key":"-----BEGIN FAKE KEY-----\r\n  bm90LWEta2V5\r\n}\r\n-----END FAKE KEY-----\r\n"}`, `{"key":"***\r\n"}`},
		"a short line":  {"} }", "} }"},
		"nothing of it": {"-----BEGIN", "-----BEGIN"},
	} {
		if diff := cmp.Diff(c.want, s.Clean(c.text)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
