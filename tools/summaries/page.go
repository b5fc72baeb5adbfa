package main

import (
	"bytes"
	_ "embed"
	"html"
	"io"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer"
	rendered "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"github.com/azstep/azstep/internal/hosttest"
)

//go:embed page.css
var style string

// page returns all summaries of a host, one below the other, at the width that the
// host gives them.
func page(host string, all []shown) []byte {
	var b bytes.Buffer
	b.WriteString("<!doctype html><meta charset=utf-8><title>Summaries on " + host + "</title><style>" + style + "</style><body class=" + host + ">\n")
	for _, one := range all {
		b.WriteString("<h6>" + html.EscapeString(one.title) + "</h6><article>")
		if err := markdown(host).Convert([]byte(one.markdown), &b); err != nil {
			b.WriteString(html.EscapeString(err.Error()))
		}
		b.WriteString("</article>\n<pre>" + html.EscapeString(strings.Join(one.log, "\n")) + "</pre>\n")
	}
	return b.Bytes()
}

// markdown renders as the host does. GitHub shows the HTML that we write. For Azure
// Pipelines, its documentation does not say which HTML the Extensions tab renders,
// so the page shows the worst case: tags as text.
func markdown(host string) goldmark.Markdown {
	if host == hosttest.GitHub {
		return goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(rendered.WithUnsafe()))
	}
	return goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithRendererOptions(
		renderer.WithNodeRenderers(util.Prioritized(literal{}, 1))))
}

// literal renders HTML as the text that it is.
type literal struct{}

func (literal) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			writeLiteral(w, n.(*ast.RawHTML).Segments.Value(source))
		}
		return ast.WalkSkipChildren, nil
	})
	r.Register(ast.KindHTMLBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			writeLiteral(w, n.Lines().Value(source))
		}
		return ast.WalkContinue, nil
	})
}

func writeLiteral(w io.Writer, text []byte) {
	_, _ = io.WriteString(w, "<mark>"+html.EscapeString(string(text))+"</mark>") // the caller flushes, and has the error
}
