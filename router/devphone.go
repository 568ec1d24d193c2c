//go:build dev

package main

import (
	"cmp"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/function"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

const (
	devPhone     = "/dev/phone" // phones that talk to this process over the WhatsApp to play with
	devOwnerName = "Marta Ruiz"
	devOwnerSaid = "+5492944123456" // what the demo cabins name as their host's
	// waitAtMost is how long an answer waits for something to happen. Servers of ours give up reading after 30 seconds.
	waitAtMost = 20 * time.Second
	// shownAtMost is how many messages of a chat are on the page, the last of them.
	shownAtMost = 200
)

// startPhones starts a WhatsApp and somebody who listens to voice notes, unless the environment names others, and adds the
// variables with which they are found.
func (s *standIns) startPhones(port string, now func() time.Time, variables map[string]string) (err error) {
	if err := os.MkdirAll(devState, 0o755); err != nil { // see devSecrets
		return err
	}
	if os.Getenv("WHATSAPP_TOKEN")+os.Getenv("WHATSAPP_BASE_URL") == "" {
		s.phones, err = watest.New(watest.Config{
			WebhookURL: port + "/api/v1/webhooks/whatsapp", AppSecret: os.Getenv("WHATSAPP_APP_SECRET"),
			PhoneID: os.Getenv("WHATSAPP_PHONE_ID"), File: filepath.Join(devState, "whatsapp.json"), Clock: now,
		})
		if err != nil {
			return err
		}
		variables["WHATSAPP_TOKEN"], variables["WHATSAPP_PHONE_ID"] = watest.Token, watest.PhoneID
		variables["WHATSAPP_BASE_URL"] = s.phones.URL
		variables["WHATSAPP_APP_SECRET"], variables["WHATSAPP_VERIFY_TOKEN"] = watest.AppSecret, watest.VerifyToken
		variables["OWNER_PHONES"] = devOwnerSaid
		s.meet()
	}
	if os.Getenv("SPEECH_URL") == "" {
		if s.listener, err = speechtest.New(speechtest.Config{}); err != nil {
			return err
		}
		variables["SPEECH_URL"], variables["SPEECH_API_KEY"] = s.listener.URL, speechtest.Key
	}
	return nil
}

// meet makes the owner known, and a first guest, if they are not.
func (s *standIns) meet() {
	owner, _, _ := strings.Cut(cmp.Or(os.Getenv("OWNER_PHONES"), devOwnerSaid), ",")
	s.owner, _ = chat.NormalizeNumber(owner)
	s.owner = cmp.Or(s.owner, strings.TrimPrefix(devOwnerSaid, "+"))
	known := s.phones.Chats()
	if !slices.ContainsFunc(known, func(c watest.Chat) bool { return chat.SameNumber(c.Phone, s.owner) }) {
		s.phones.Meet(watest.Person{Phone: s.owner, Name: devOwnerName})
	}
	if len(s.phones.Chats()) == 1 {
		s.phones.Meet(watest.Person{Phone: guestNumber(1), Name: guestNames()[0]})
	}
}

// shakeHands makes the handshake with our webhook that Meta makes when its address is entered. There is something to shake once
// requests are taken.
func (s *standIns) shakeHands(ctx context.Context, complaints io.Writer) {
	if s.phones == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.phones.Subscribe(ctx, os.Getenv("WHATSAPP_VERIFY_TOKEN")); err != nil {
		fmt.Fprintln(complaints, "router: nobody on WhatsApp will be answered:", err)
	}
}

//go:embed devphone.html devphone.css devphone.js
var phoneFiles embed.FS

// demoPhones are the page with the phones, and what scripts ask in its stead.
type demoPhones struct {
	whatsapp *watest.Server
	owner    string // number
	base     string // where this process is, for pictures of its own
	now      func() time.Time
	ended    <-chan struct{} // the process is to stop: nobody waits any more
	page     *template.Template
}

func (s standIns) phonesFunction(r *resources) function.Function {
	spec := function.Spec{
		Name: "demo-phone", Summary: "phones of guests and of the owner, with the WhatsApp to play with",
		Routes: []string{"GET " + devPhone, "POST " + devPhone, "GET " + devPhone + ".json", "GET " + devPhone + "/", "POST " + devPhone + "/"},
		Quiet:  true, Timeout: waitAtMost + 5*time.Second, Concurrency: 64, MaxBody: 8 << 20,
	}
	return function.Serve(spec, func(ctx context.Context, _ struct{}) (http.Handler, error) {
		d := &demoPhones{whatsapp: s.phones, owner: s.owner, base: devBase(), now: r.now, ended: ctx.Done()}
		var err error
		if d.page, err = template.ParseFS(phoneFiles, "devphone.html"); err != nil {
			return nil, err
		}
		return d.routes(), nil
	})
}

func (d *demoPhones) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+devPhone, d.show)
	mux.HandleFunc("POST "+devPhone, d.add)
	mux.HandleFunc("GET "+devPhone+".json", d.list)
	for file, kind := range map[string]string{"devphone.css": "text/css", "devphone.js": "text/javascript"} {
		mux.HandleFunc("GET "+devPhone+"/"+file, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind+"; charset=utf-8")
			http.ServeFileFS(w, r, phoneFiles, file)
		})
	}
	mux.HandleFunc("GET "+devPhone+"/live", d.live)
	mux.HandleFunc("GET "+devPhone+"/{number}", d.chat)
	mux.HandleFunc("GET "+devPhone+"/{number}/files/{id}", d.file)
	mux.HandleFunc("POST "+devPhone+"/{number}/{act}", d.act)
	return http.NewCrossOriginProtection().Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	}))
}

// show is the page: a guest's phone beside the owner's.
func (d *demoPhones) show(w http.ResponseWriter, r *http.Request) {
	view := d.look(r.URL.Query().Get("guest"))
	view.Error, view.NextName = r.URL.Query().Get("error"), d.nextName()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := d.page.ExecuteTemplate(w, "page", view); err != nil {
		fmt.Fprintln(w, err)
	}
}

// live waits until what is seen differs from what was seen, and answers with its parts, by the id of the element that holds each.
func (d *demoPhones) live(w http.ResponseWriter, r *http.Request) {
	seen := r.URL.Query().Get("seen")
	var view pageView
	d.await(r, waitAtMost, func() bool {
		view = d.look(r.URL.Query().Get("guest"))
		return view.Seen != seen
	})
	parts := make(map[string]string)
	render := func(id, name string, data any) {
		var b strings.Builder
		if err := d.page.ExecuteTemplate(&b, name, data); err != nil {
			fmt.Fprint(&b, err)
		}
		parts[id] = b.String()
	}
	render("people", "people", view)
	for _, p := range view.Phones {
		render("log-"+p.Number, "log", p)
		render("state-"+p.Number, "state", p)
		render("power-"+p.Number, "power", p)
		render("tab-"+p.Role, "tab", p)
	}
	answerJSON(w, http.StatusOK, map[string]any{"seen": view.Seen, "parts": parts})
}

// await looks until what it waits for is there, or for as long as may be. A chat changes by itself only where somebody is seen
// to write no more.
func (d *demoPhones) await(r *http.Request, long time.Duration, there func() bool) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	every := time.NewTicker(2 * time.Second)
	defer every.Stop()
	for {
		changed := d.whatsapp.Changed()
		if there() {
			return
		}
		select {
		case <-changed:
		case <-every.C:
		case <-timer.C:
			return
		case <-r.Context().Done():
			return
		case <-d.ended:
			return
		}
	}
}

// file is what was sent with a message.
func (d *demoPhones) file(w http.ResponseWriter, r *http.Request) {
	content, kind, ok := d.whatsapp.Content(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(content) //nolint:errcheck // the browser has gone
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.Encode(body) //nolint:errcheck // the client has gone
}
