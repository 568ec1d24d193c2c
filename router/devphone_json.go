//go:build dev

package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// phoneJSON is a phone as scripts read it.
type phoneJSON struct {
	Number     string        `json:"number"`
	Name       string        `json:"name"`
	Username   string        `json:"username,omitempty"`
	Owner      bool          `json:"owner"`
	Hidden     bool          `json:"hidden"` // the business is not shown the number
	Off        bool          `json:"off"`
	Typing     bool          `json:"typing"`      // the business is writing
	WindowOpen bool          `json:"window_open"` // the business may write freely
	Unread     int           `json:"unread"`
	URL        string        `json:"url"`
	Messages   []messageJSON `json:"messages,omitempty"`
}

type messageJSON struct {
	ID       string          `json:"id"`
	From     string          `json:"from"` // business or phone
	At       time.Time       `json:"at"`
	Kind     string          `json:"kind"`
	Text     string          `json:"text"`
	State    chat.State      `json:"state"`
	Code     int             `json:"code,omitempty"` // why it failed
	ReplyTo  string          `json:"reply_to,omitempty"`
	File     string          `json:"file,omitempty"`    // where what came with it is
	Said     string          `json:"said,omitempty"`    // in a voice note
	Message  *chat.Message   `json:"message,omitempty"` // of the business: buttons, list, link, image…
	Original json.RawMessage `json:"original,omitempty"`
}

// describe shows a phone, and of its messages those that are shown.
func (d *demoPhones) describe(c watest.Chat, shown []watest.Entry) phoneJSON {
	p := phoneJSON{
		Number: c.Phone, Name: c.Name, Username: c.Username, Owner: chat.SameNumber(c.Phone, d.owner), Hidden: c.Hidden, Off: c.Offline,
		Typing: c.Typing, WindowOpen: chat.WindowOpen(lastSaid(c), d.now()), Unread: c.Unread, URL: devPhone + "/" + c.Phone + ".json",
	}
	for _, e := range shown {
		p.Messages = append(p.Messages, d.message(c.Phone, e))
	}
	return p
}

func (d *demoPhones) message(phone string, e watest.Entry) messageJSON {
	m := messageJSON{
		ID: e.ID, From: "phone", At: e.At, Kind: e.Kind, Text: e.Text, State: e.State, Code: e.Code, ReplyTo: e.ReplyTo,
		Message: e.Message, Original: e.Raw,
	}
	if e.FromBusiness {
		m.From = "business"
	}
	if e.MediaID != "" {
		m.File = devPhone + "/" + phone + "/files/" + e.MediaID
		if e.Kind == "audio" {
			content, _, _ := d.whatsapp.Content(e.MediaID)
			m.Said, _ = readVoice(content)
		}
	}
	return m
}

// list is all phones, without their messages.
func (d *demoPhones) list(w http.ResponseWriter, _ *http.Request) {
	phones := []phoneJSON{}
	for _, c := range d.whatsapp.Chats() {
		phones = append(phones, d.describe(c, nil))
	}
	answerJSON(w, http.StatusOK, map[string]any{"phones": phones})
}

// chat is one phone with its messages, those after one if that is asked. wait is how many seconds to wait for the business to
// answer after it.
func (d *demoPhones) chat(w http.ResponseWriter, r *http.Request) {
	number, script := strings.CutSuffix(strings.TrimPrefix(r.PathValue("number"), "+"), ".json")
	switch {
	case !d.knows(number):
		http.NotFound(w, r)
		return
	case !script:
		http.Redirect(w, r, devPhone+"?guest="+number, http.StatusSeeOther)
		return
	}
	after := r.URL.Query().Get("after")
	seconds, _ := strconv.Atoi(r.URL.Query().Get("wait")) // what is no number waits for nothing
	var c watest.Chat
	var shown []watest.Entry
	d.await(r, min(time.Duration(max(seconds, 0))*time.Second, waitAtMost), func() bool {
		c = d.whatsapp.Chat(number)
		i := slices.IndexFunc(c.Entries, func(e watest.Entry) bool { return e.ID == after })
		shown = c.Entries[i+1:]
		return slices.ContainsFunc(shown, func(e watest.Entry) bool { return e.FromBusiness })
	})
	answerJSON(w, http.StatusOK, d.describe(c, shown))
}
