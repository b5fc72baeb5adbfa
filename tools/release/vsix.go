package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"
)

// extensionManifest is task/vss-extension.json, which tfx also reads
// (learn.microsoft.com, "Extension manifest reference").
type extensionManifest struct {
	ManifestVersion int                              `json:"manifestVersion"`
	ID              string                           `json:"id"`
	Publisher       string                           `json:"publisher"`
	Version         string                           `json:"version"`
	Name            string                           `json:"name"`
	Description     string                           `json:"description"`
	Public          bool                             `json:"public"`
	Categories      []string                         `json:"categories"`
	Tags            []string                         `json:"tags"`
	Targets         []struct{ ID string }            `json:"targets"`
	Icons           map[string]string                `json:"icons"`
	Content         map[string]struct{ Path string } `json:"content"`
	Links           map[string]struct{ URI string }  `json:"links"`
	Repository      json.RawMessage                  `json:"repository"`
	Files           []struct{ Path string }          `json:"files"`
	Contributions   json.RawMessage                  `json:"contributions"`
}

// links lists the properties that the Marketplace shows as links, in a fixed order.
var links = []struct{ key, property string }{
	{"home", "Links.Home"}, {"learn", "Links.Learn"}, {"support", "Links.Support"},
	{"repository", "Links.Repository"}, {"license", "Links.License"},
}

// vsix is the manifest of the package itself.
func (m extensionManifest) vsix() []byte {
	const services = "Microsoft.VisualStudio.Services."
	var b strings.Builder
	write := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	write(`<?xml version="1.0" encoding="utf-8"?>`)
	write(`<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011" xmlns:d="http://schemas.microsoft.com/developer/vsx-schema-design/2011">`)
	write("  <Metadata>")
	write(`    <Identity Language="en-US" Id="%s" Publisher="%s" Version="%s"/>`, quoted(m.ID), quoted(m.Publisher), quoted(m.Version))
	write("    <DisplayName>%s</DisplayName>", quoted(m.Name))
	write(`    <Description xml:space="preserve">%s</Description>`, quoted(m.Description))
	if m.Public {
		write("    <GalleryFlags>Public</GalleryFlags>")
	}
	write("    <Categories>%s</Categories>", quoted(strings.Join(m.Categories, ",")))
	write("    <Tags>%s</Tags>", quoted(strings.Join(m.Tags, ",")))
	write("    <Properties>")
	for _, l := range links {
		if uri := m.Links[l.key].URI; uri != "" {
			write(`      <Property Id="%s" Value="%s"/>`, services+l.property, quoted(uri))
		}
	}
	write(`      <Property Id="%s" Value="%s"/>`, services+"Links.GitHub", quoted(m.Links["repository"].URI))
	write("    </Properties>")
	write("    <Icon>%s</Icon>", quoted(m.Icons["default"]))
	write("    <License>%s</License>", quoted(m.Content["license"].Path))
	write("  </Metadata>")
	write("  <Dependencies/>")
	write("  <Installation>")
	for _, target := range m.Targets {
		write(`    <InstallationTarget Id="%s"/>`, quoted(target.ID))
	}
	write("  </Installation>")
	write("  <Assets>")
	for _, asset := range [][2]string{
		{"Icons.Default", m.Icons["default"]}, {"Content.Details", m.Content["details"].Path},
		{"Content.License", m.Content["license"].Path}, {"Manifest", "extension.vsomanifest"},
	} {
		write(`    <Asset Type="%s" d:Source="File" Path="%s" Addressable="true"/>`, services+asset[0], quoted(asset[1]))
	}
	write("  </Assets>")
	write("</PackageManifest>")
	return []byte(b.String())
}

// vso returns the manifest that Azure DevOps reads.
func (m extensionManifest) vso() []byte {
	text, _ := json.MarshalIndent(struct { // it was parsed from JSON, so it can be encoded
		ManifestVersion   int             `json:"manifestVersion"`
		Repository        json.RawMessage `json:"repository"`
		Contributions     json.RawMessage `json:"contributions"`
		Scopes            []string        `json:"scopes"`
		ContributionTypes []string        `json:"contributionTypes"`
	}{m.ManifestVersion, m.Repository, m.Contributions, []string{}, []string{}}, "", "  ")
	return append(text, '\n')
}

// contentTypes assigns a type to every file in the package, as OPC requires: by its
// extension, or by its name if it has none.
func contentTypes(files []file) []byte {
	types := map[string]string{
		".js": "application/javascript", ".json": "application/json", ".md": "text/markdown", ".png": "image/png",
		".vsixmanifest": "text/xml", ".vsomanifest": "application/json", ".exe": "application/octet-stream",
	}
	var byEnding, byName []string
	for _, f := range files {
		ending := path.Ext(f.name)
		switch kind := types[ending]; {
		case kind != "":
			byEnding = append(byEnding, fmt.Sprintf("  <Default Extension=%q ContentType=%q/>\n", ending, kind))
		case f.program:
			byName = append(byName, fmt.Sprintf("  <Override PartName=%q ContentType=\"application/octet-stream\"/>\n", "/"+f.name))
		default:
			byName = append(byName, fmt.Sprintf("  <Override PartName=%q ContentType=\"text/plain\"/>\n", "/"+f.name))
		}
	}
	slices.Sort(byEnding)
	return []byte("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\n" +
		strings.Join(append(slices.Compact(byEnding), byName...), "") + "</Types>\n")
}

// epoch is the earliest date that a zip can contain, so that the result does not
// depend on the time of the build.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// writeZip writes the files in their order: the same files always give the same
// bytes.
func writeZip(to string, files []file) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: epoch}
		header.SetMode(0o644)
		if f.program {
			header.SetMode(0o755)
		}
		w, err := z.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := w.Write(f.text); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o644) //nolint:gosec // it is published
}
