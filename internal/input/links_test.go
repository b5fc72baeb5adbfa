package input

import (
	"os"
	"path/filepath"
	"testing"
)

// mount creates a directory as Kubernetes mounts a secret: the file is a link into a
// directory that is itself a link, which is replaced when the secret changes.
func mount(t *testing.T, dir, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "..2026_11_29"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(dir, "..2026_11_29", "token"), text)
	link(t, "..2026_11_29", filepath.Join(dir, "..data"))
	link(t, filepath.Join("..data", "token"), filepath.Join(dir, "token"))
	return filepath.Join(dir, "token")
}

func link(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skip("no symbolic links here:", err)
	}
}

func TestLinksOutsideTheWorkspace(t *testing.T) {
	t.Parallel()
	w, outside := checkout(t)
	put(t, filepath.Join(w.Root, "inside"), "inside")
	mounted := mount(t, filepath.Join(outside, "mount"), "token")
	link(t, filepath.Join(outside, "mount", "..2026_11_29", "token"), filepath.Join(w.Root, "out", "evil"))
	link(t, outside, filepath.Join(w.Root, "evil"))
	link(t, w.Root, filepath.Join(outside, "ws"))
	link(t, "loop", filepath.Join(outside, "loop"))
	for path, want := range map[string]string{
		mounted: "token",
		filepath.Join(outside, "..", "outside", "mount", "..data", "..", "token"): "token",
		filepath.Join(outside, "ws", "inside"):                                    "inside",
		filepath.Join(outside, "ws", "out", "evil"):                               "",
		filepath.Join(outside, "ws", "evil", "mount", "token"):                    "",
		filepath.Join(w.Root, "out", "evil"):                                      "",
		"out/evil":                                                                "",
		"evil/mount/token":                                                        "",
		filepath.Join(outside, "loop"):                                            "",
		filepath.Join(outside, "gone"):                                            "",
		filepath.Join(outside, "mount"):                                           "",
		"inside":                                                                  "inside",
	} {
		if got, err := w.ReadLinked("ca-file", path, 100); string(got) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v; want %q", path, got, err, want)
		}
	}
	if got, err := w.ReadFile("policy", mounted, 100); err == nil {
		t.Errorf("a policy was read through a link: %q", got)
	}
}

// A token is renewed while the job runs.
func TestLinkedFileIsReadAnew(t *testing.T) {
	t.Parallel()
	w, outside := checkout(t)
	mounted := mount(t, filepath.Join(outside, "mount"), "first")
	for _, want := range []string{"first", "second"} {
		put(t, mounted, want)
		if got, err := w.ReadLinked("assertion-file", mounted, 100); string(got) != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

// In a container, the working directory is often the root of the file system.
func TestTheRootOfAFileSystemIsNoWorkspace(t *testing.T) {
	t.Parallel()
	mounted := mount(t, filepath.Join(t.TempDir(), "mount"), "token")
	top := filepath.VolumeName(mounted) + string(filepath.Separator)
	got, err := (Workspace{Root: top, Dir: top}).ReadLinked("ca-file", mounted, 1<<10)
	if err != nil || string(got) != "token" {
		t.Errorf("read %q: %v", got, err)
	}
}
