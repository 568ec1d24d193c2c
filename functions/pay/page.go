package pay

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/eevans-d/sist-cabanas/shared/booking"
	"github.com/eevans-d/sist-cabanas/shared/payment"
	"github.com/eevans-d/sist-cabanas/shared/web"
)

//go:embed page.html page.css
var files embed.FS

var pages = template.Must(template.New("").Funcs(template.FuncMap{"style": style}).ParseFS(files, "page.html"))

// style is the stylesheet, which stands in the page itself.
func style() (template.CSS, error) {
	text, err := files.ReadFile("page.css")
	return template.CSS(text), err //nolint:gosec // our own file, not anybody's input
}

// contentSecurityPolicy lets a page do nothing but be shown.
func contentSecurityPolicy() string {
	text, err := style()
	if err != nil {
		panic(err) // it is part of the binary
	}
	sum := sha256.Sum256([]byte(text))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; img-src data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// wantsJSON reports whether a program asks: it says so. Everybody else, and who says nothing, gets a page.
func wantsJSON(r *http.Request) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		switch q, err := strconv.ParseFloat(parameters["q"], 64); {
		case err == nil && q == 0:
		case kind == "text/html" || kind == "application/xhtml+xml":
			return false // a browser, whatever else it takes
		case kind == "application/json" || strings.HasSuffix(kind, "+json"):
			return true
		}
	}
	return false
}

// page is what a guest is told who cannot pay.
type page struct {
	Title, Text, More string
	Again             bool   // the same once more may help
	Manage, Site      string // the guest's own page, and where other nights are found; "" = no link
}

// explain answers with a page. What of the failure is to be logged, and its status, is as for everybody else.
func (h *handler) explain(w http.ResponseWriter, r *http.Request, o payment.Opening, failure error) error {
	told := &unheard{header: w.Header()}
	web.Fail(told, r, failure)
	if told.status == web.StatusClientGone {
		w.WriteHeader(web.StatusClientGone)
		return nil
	}
	p := h.words(o, failure)
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, "page.html", p); err != nil {
		return err
	}
	header := w.Header()
	header.Del("WWW-Authenticate") // a browser would ask for a password
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	header.Set("Content-Security-Policy", contentSecurityPolicy())
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(told.status)
	w.Write(body.Bytes()) //nolint:errcheck // the client has gone: nothing is left to tell it
	return nil
}

// unheard takes the answer that a program would get, and passes on its headers.
type unheard struct {
	header http.Header
	status int
}

func (u *unheard) Header() http.Header         { return u.header }
func (u *unheard) WriteHeader(status int)      { u.status = status }
func (u *unheard) Write(p []byte) (int, error) { return len(p), nil }

// payer is who is expected to pay.
func payer(guest booking.Contact) payment.Payer {
	name, surname, _ := strings.Cut(strings.TrimSpace(guest.Name), " ")
	return payment.Payer{Name: name, Surname: strings.TrimSpace(surname), Email: guest.Email}
}
