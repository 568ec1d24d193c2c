//go:build dev

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	pixels "image"
	"image/jpeg"
	_ "image/png" // of pictures that are chosen
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/speech/speechtest"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// add makes a guest known: with the number, or the next that is free, and with a name, or none.
func (d *demoPhones) add(w http.ResponseWriter, r *http.Request) {
	say, err := spoken(r)
	if err != nil {
		d.refuse(w, r, "", err)
		return
	}
	number, err := d.meet(say)
	if err != nil {
		d.refuse(w, r, "", err)
		return
	}
	d.done(w, r, number, http.StatusCreated, map[string]any{"number": number, "url": devPhone + "?guest=" + number})
}

func (d *demoPhones) meet(say func(string) string) (string, error) {
	number := strings.TrimPrefix(say("number"), "+")
	if number == "" {
		for n := 1; number == "" || d.knows(number); n++ {
			number = guestNumber(n)
		}
	}
	number, ok := chat.NormalizeNumber("+" + number)
	if !ok {
		return "", errors.New("ese número no puede existir")
	}
	p := watest.Person{Phone: number, Name: chat.Cut(strings.TrimSpace(say("name")), 60), Hidden: yes(say("hidden"))}
	if p.Hidden {
		p.Username = cmp.Or(plainLetters(p.Name), "huesped") + number[len(number)-3:]
	}
	d.whatsapp.Meet(p)
	return number, nil
}

func (d *demoPhones) knows(number string) bool {
	return slices.ContainsFunc(d.whatsapp.Chats(), func(c watest.Chat) bool { return chat.SameNumber(c.Phone, number) })
}

func (d *demoPhones) nextName() string {
	names := guestNames()
	for _, name := range names {
		if !slices.ContainsFunc(d.whatsapp.Chats(), func(c watest.Chat) bool { return c.Name == name }) {
			return name
		}
	}
	return names[0]
}

var numberForm = regexp.MustCompile(`^[0-9]{8,15}$`)

var errNumber = errors.New("ese número no puede existir")

// act has somebody do something with his phone.
func (d *demoPhones) act(w http.ResponseWriter, r *http.Request) {
	number := strings.TrimPrefix(r.PathValue("number"), "+")
	if !numberForm.MatchString(number) {
		d.refuse(w, r, number, errNumber)
		return
	}
	say, err := spoken(r)
	if err != nil {
		d.refuse(w, r, number, err)
		return
	}
	id, err := d.do(r, number, say)
	if err != nil {
		d.refuse(w, r, number, err)
		return
	}
	d.done(w, r, number, http.StatusOK, map[string]any{"id": id})
}

// do returns the id of the message that was sent, if one was.
func (d *demoPhones) do(r *http.Request, number string, say func(string) string) (id string, err error) {
	switch r.PathValue("act") {
	case "say":
		text := strings.TrimSpace(say("text"))
		if text == "" {
			return "", errors.New("no escribiste nada")
		}
		return d.whatsapp.Say(number, chat.Cut(text, chat.MaxText)), nil
	case "press":
		return d.press(number, say("message"), say("choice"))
	case "voice":
		return d.whatsapp.Voice(number, note(say).Audio()), nil
	case "picture":
		return d.picture(r, number, say)
	case "document":
		return d.whatsapp.Document(number, receiptDocument(), "application/pdf", "comprobante.pdf", say("caption")), nil
	case "location":
		latitude, err := strconv.ParseFloat(cmp.Or(say("latitude"), "-40.7628"), 64)
		longitude, also := strconv.ParseFloat(cmp.Or(say("longitude"), "-71.6463"), 64)
		return d.whatsapp.Place(number, latitude, longitude), errors.Join(err, also)
	case "sticker":
		return d.whatsapp.Event(number, "sticker", map[string]any{"sticker": map[string]any{"id": "1", "mime_type": "image/webp", "animated": false}}), nil
	case "unsupported":
		return d.whatsapp.Unsupported(number), nil
	case "read":
		d.whatsapp.MarkRead(number)
		return "", nil
	case "off", "on":
		p := d.whatsapp.Chat(number).Person
		p.Offline = r.PathValue("act") == "off"
		d.whatsapp.Meet(p)
		return "", nil
	default:
		return "", errors.New("el teléfono no sabe hacer eso")
	}
}

// press presses what is named by its id or by its words, in a message or in the latest that has it.
func (d *demoPhones) press(number, message, choice string) (string, error) {
	for _, e := range slices.Backward(d.whatsapp.Chat(number).Entries) {
		if e.Message == nil || message != "" && e.ID != message {
			continue
		}
		for _, offered := range choices(e.Message) {
			if choice != "" && (offered.ID == choice || strings.EqualFold(offered.Title, choice)) {
				return d.whatsapp.Press(number, e.ID, offered.ID)
			}
		}
	}
	return "", fmt.Errorf("no hay nada para tocar que se llame %q", choice)
}

func choices(m *chat.Message) []chat.Button {
	offered := slices.Clone(m.Buttons)
	if m.List != nil {
		for _, s := range m.List.Sections {
			for _, r := range s.Rows {
				offered = append(offered, chat.Button{ID: r.ID, Title: r.Title})
			}
		}
	}
	return offered
}

func note(say func(string) string) speechtest.Note {
	n := speechtest.Note{Text: say("text")}
	if seconds, err := strconv.Atoi(say("seconds")); err == nil {
		n.Lasting = time.Duration(min(max(seconds, 1), 600)) * time.Second
	}
	if sure, err := strconv.ParseFloat(say("confidence"), 64); err == nil {
		n.Confidence = sure
	}
	return n
}

// picture sends what was chosen or, if nothing was, a receipt of a transfer.
func (d *demoPhones) picture(r *http.Request, number string, say func(string) string) (string, error) {
	chosen, _, err := r.FormFile("picture")
	if err != nil { // there is none
		return d.whatsapp.Picture(number, receiptPicture(cmp.Or(say("amount"), "90000")), say("caption")), nil
	}
	defer chosen.Close() //nolint:errcheck // it was only read
	read, _, err := pixels.Decode(chosen)
	if err != nil {
		return "", errors.New("eso no es una foto JPEG ni PNG")
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, read, nil); err != nil {
		return "", err
	}
	return d.whatsapp.Picture(number, b.Bytes(), say("caption")), nil
}

// spoken returns what fields of a request say: of a form, or of an object in JSON.
func spoken(r *http.Request) (func(string) string, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err := r.ParseMultipartForm(8 << 20)
		if errors.Is(err, http.ErrNotMultipart) {
			err = nil // it has parsed the other kind
		}
		return r.FormValue, err
	}
	fields := make(map[string]any)
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&fields); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return func(name string) string {
		if fields[name] == nil {
			return ""
		}
		return fmt.Sprint(fields[name])
	}, nil
}

func yes(text string) bool { return text == "on" || text == "true" || text == "1" }

// plainLetters is a name as user names are written.
func plainLetters(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// done answers: a browser that has no script with the page, everybody else with JSON.
func (d *demoPhones) done(w http.ResponseWriter, r *http.Request, number string, status int, body map[string]any) {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		answerJSON(w, status, body)
		return
	}
	query := url.Values{}
	if guest := cmp.Or(r.URL.Query().Get("guest"), number); guest != "" && guest != d.owner {
		query.Set("guest", guest)
	}
	if why, ok := body["error"].(string); ok {
		query.Set("error", why)
	}
	target := devPhone
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}

func (d *demoPhones) refuse(w http.ResponseWriter, r *http.Request, number string, err error) {
	d.done(w, r, number, http.StatusUnprocessableEntity, map[string]any{"error": err.Error()})
}
