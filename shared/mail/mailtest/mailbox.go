package mailtest

import (
	"bytes"
	"embed"
	"html/template"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

//go:embed mailbox.html
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"clock": clock, "words": words}).ParseFS(files, "mailbox.html"))

// Handler shows the mailbox: a list, each message as text and as a page, and what goes along. It is mounted at its root, which
// may be any folder behind http.StripPrefix, provided that the folder's address ends in a slash.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, "list", s.Messages()) })
	mux.HandleFunc("GET /{id}/{$}", s.one(func(w http.ResponseWriter, _ *http.Request, m Message) { show(w, "message", m) }))
	mux.HandleFunc("GET /{id}/page", s.one(showPage))
	mux.HandleFunc("GET /{id}/source", s.one(showSource))
	mux.HandleFunc("GET /{id}/files/{n}", s.one(download))
	return mux
}

// one finds the message that a request is about.
func (s *Server) one(then func(http.ResponseWriter, *http.Request, Message)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, _ := strconv.Atoi(r.PathValue("id"))
		m, ok := s.Message(id)
		if !ok {
			http.NotFound(w, r)
			return
		}
		then(w, r, m)
	}
}

func show(w http.ResponseWriter, name string, data any) {
	var page bytes.Buffer
	if err := pages.ExecuteTemplate(&page, name, data); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	answer(w, "text/html; charset=utf-8", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'")
	_, _ = page.WriteTo(w) // the browser may have gone
}

func answer(w http.ResponseWriter, kind, policy string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// showPage is the message's own HTML, in a sandbox whatever it is opened in. Its links open outside of it.
func showPage(w http.ResponseWriter, _ *http.Request, m Message) {
	answer(w, "text/html; charset=utf-8", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox")
	_, _ = strings.NewReplacer("<head>", `<head><base target="_blank">`).WriteString(w, m.HTML)
}

func showSource(w http.ResponseWriter, _ *http.Request, m Message) {
	answer(w, "text/plain; charset=utf-8", "default-src 'none'")
	_, _ = w.Write(m.Raw)
}

func download(w http.ResponseWriter, r *http.Request, m Message) {
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(m.Files) {
		http.NotFound(w, r)
		return
	}
	file := m.Files[n]
	answer(w, file.Type, "default-src 'none'; sandbox")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
	_, _ = w.Write(file.Content)
}

// clock is when a message came, as a person would say it.
func clock(t time.Time) string {
	if time.Since(t) < 12*time.Hour {
		return t.Format("15:04")
	}
	return t.Format("2/1 15:04")
}

// word is a piece of a text; Link says that it is an address.
type word struct {
	Text string
	Link bool
}

var address = regexp.MustCompile(`https?://[^\s<>"]+`)

// words finds the addresses in a text, so that they can be followed.
func words(text string) []word {
	var out []word
	at := 0
	for _, found := range address.FindAllStringIndex(text, -1) {
		out = append(out, word{Text: text[at:found[0]]}, word{text[found[0]:found[1]], true})
		at = found[1]
	}
	return append(out, word{Text: text[at:]})
}
