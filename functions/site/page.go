package site

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/fault"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

//go:embed *.html site.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"style": style}).ParseFS(files, "*.html"))

// style is the stylesheet, which stands in the pages themselves: one request shows everything.
func style() (template.CSS, error) {
	text, err := files.ReadFile("site.css")
	return template.CSS(text), err //nolint:gosec // our own file, not anybody's input
}

// contentSecurityPolicy lets a page be shown and send its own forms, and nothing else: it loads and runs nothing.
func contentSecurityPolicy() string {
	text, err := style()
	if err != nil {
		panic(err) // it is part of the binary
	}
	sum := sha256.Sum256([]byte(text))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}

// render answers with a page; it is made before anything of it is sent.
func render(w http.ResponseWriter, status int, name string, data any) error {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	w.Write(body.Bytes()) //nolint:errcheck // the client has gone: nothing is left to tell it
	return nil
}

// see sends the browser to a page that can be loaded again without doing anything again.
func see(w http.ResponseWriter, address string) {
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusSeeOther)
}

// errElsewhere refuses a form that another site sends.
var errElsewhere = fault.New(fault.Denied, "cross_origin", "This form belongs to another page.")

// refusal is what a guest is told instead of what he came for.
type refusal struct {
	Title, Text string
	Again       bool // the same once more may help
}

// refuse answers with a page. What of the failure is logged, and its status, is as for everybody else; but who has no token that
// opens anything is told the same as who asks for what is not there.
func refuse(w http.ResponseWriter, r *http.Request, failure error) {
	f, _ := errors.AsType[*fault.Error](failure)
	said := refusal{Title: "No pudimos abrir tu reserva", Text: "Probá de nuevo en un minuto. Tu reserva no cambió.", Again: r.Method == http.MethodGet}
	switch {
	case errors.Is(failure, errElsewhere):
		said = refusal{Title: "Eso no se pudo hacer", Text: "El formulario no vino de esta página. Abrí tu reserva desde el mensaje que te mandamos y probá de nuevo."}
	case f != nil && (f.Kind == fault.NotFound || f.Kind == fault.Denied || f.Kind == fault.Unauthenticated):
		failure = fault.ErrNotFound
		said = refusal{Title: "No encontramos esa reserva", Text: "Puede que el enlace se haya cortado al copiarlo. Abrilo desde el mensaje que te mandamos, o pedile al anfitrión que te lo mande de nuevo."}
	}
	told := &unheard{header: w.Header()}
	web.Fail(told, r, failure)
	if told.status == web.StatusClientGone {
		w.WriteHeader(web.StatusClientGone)
		return
	}
	w.Header().Del("WWW-Authenticate") // a browser would ask for a password
	if err := render(w, told.status, "refusal.html", said); err != nil {
		web.Fail(w, r, err)
	}
}

// unheard takes the answer that a program would get, and passes on its headers.
type unheard struct {
	header http.Header
	status int
}

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) WriteHeader(status int)      { u.status = status }
func (u *unheard) Write(p []byte) (int, error) { return len(p), nil }

// fitForPostgres reports whether a text can be a parameter of a query.
func fitForPostgres(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
