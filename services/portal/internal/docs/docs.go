// Package docs serves what people and programs read about the API: a page at /docs and the OpenAPI document at
// /openapi.json.
//
// Model: both are rendered once, at the start, from the operations as they are registered, so they cannot differ from
// what is served. The page is one HTML file with its own style.
//
// Guarantees: nothing is loaded from elsewhere and nothing runs: the page's content security policy allows its own style,
// by hash, and nothing else. An unchanged document is answered 304.
//
// Failures: New fails when a template or the document cannot be rendered, which is a mistake in the program.
package docs

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // for the page's template
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed page.html.tmpl
var pageText string

// Register renders the documents and adds /, /docs and /openapi.json to a mux. base is this server's URL, for examples.
func Register(mux *http.ServeMux, spec *huma.OpenAPI, base string) error {
	raw, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("render the OpenAPI document: %w", err)
	}
	page, err := render(spec, base)
	if err != nil {
		return fmt.Errorf("render the documentation page: %w", err)
	}
	mux.Handle("GET /openapi.json", newDocument("application/json", raw, ""))
	mux.Handle("GET /docs", newDocument("text/html; charset=utf-8", page, policy(page)))
	mux.Handle("GET /{$}", http.RedirectHandler("/docs", http.StatusFound))
	return nil
}

func render(spec *huma.OpenAPI, base string) ([]byte, error) {
	t, err := template.New("page").Parse(pageText)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := t.Execute(&out, newPage(spec, base)); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

var style = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// policy allows the page its own style and nothing else.
func policy(page []byte) string {
	var allowed strings.Builder
	for _, m := range style.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[1])
		allowed.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return "default-src 'none'; style-src" + allowed.String() + "; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// document is one rendered file.
type document struct {
	contentType, etag, policy string
	body                      []byte
}

func newDocument(contentType string, body []byte, policy string) *document {
	sum := sha256.Sum256(body)
	return &document{contentType: contentType, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, policy: policy, body: body}
}

// ServeHTTP implements http.Handler.
func (d *document) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", d.contentType)
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", d.etag)
	if d.policy != "" {
		h.Set("Content-Security-Policy", d.policy)
	}
	if r.Header.Get("If-None-Match") == d.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if _, err := w.Write(d.body); err != nil {
		return // the client has gone; nothing is left to tell it
	}
}
