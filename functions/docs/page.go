package docs

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"regexp"
	"strconv"
)

//go:embed *.html docs.css
var files embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{"style": style, "steps": steps}).ParseFS(files, "*.html"))

var step = regexp.MustCompile(`[/+_]|[a-z][A-Z]`)

// steps splits a path, a media type or a name where a line may break: after slashes and the like, and before capitals.
func steps(text string) []string {
	var parts []string
	from := 0
	for _, at := range step.FindAllStringIndex(text, -1) {
		parts = append(parts, text[from:at[0]+1])
		from = at[0] + 1
	}
	return append(parts, text[from:])
}

// style is the stylesheet, which stands in the pages themselves: one request shows everything.
func style() (template.CSS, error) {
	text, err := files.ReadFile("docs.css")
	return template.CSS(text), err //nolint:gosec // our own file, not anybody's input
}

// contentSecurityPolicy lets a page do nothing but be shown: it may load nothing, run nothing, send nothing, and only the
// stylesheet of that very text counts.
func contentSecurityPolicy() string {
	text, err := style()
	if err != nil {
		panic(err) // it is part of the binary
	}
	sum := sha256.Sum256([]byte(text))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// render answers with a page, or, if it cannot be made, not at all.
func (h *handler) render(w http.ResponseWriter, name string, data any) error {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(page.Len()))
	header.Set("Content-Security-Policy", h.policy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-cache")
	w.Write(page.Bytes()) //nolint:errcheck // the client has gone: nothing is left to tell it
	return nil
}
