package text_test

import (
	"testing"

	"github.com/azstep/azstep/internal/text"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		text.Count(0, "PAT"):         "0 PATs",
		text.Count(1, "PAT"):         "1 PAT",
		text.Count(2, "PAT"):         "2 PATs",
		text.Clip("a\x1b[2Jb\nc", 4): "a[2J",
		text.Clip(" ü😀x ", 3):        "ü😀",
		text.WithArticle("endpoint"): "an endpoint",
		text.WithArticle("queue"):    "a queue",
		text.WithArticle(""):         "a ",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
