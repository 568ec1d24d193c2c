package watest

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// The limit of messages to one person: so many at once, which are paid back with one in six seconds.
const (
	pairBurst = 45
	pairPause = 6 * time.Second
)

// send takes a message for somebody. It is called with the lock held.
func (s *Server) send(_ *http.Request, body []byte, f *Fault) reply {
	var o outgoing
	if err := strict(body, &o); err != nil {
		return refuse(invalid, err.Error())
	}
	if w := o.check(); w != nil {
		return refuse(w.code, w.what)
	}
	if w := s.checkLinks(&o); w != nil {
		return refuse(w.code, w.what)
	}
	c, w := s.reach(&o)
	if w != nil {
		return refuse(w.code, w.what)
	}
	e := o.entry()
	e.ID, e.At, e.State, e.Raw = newID(), s.now(), chat.Sent, slices.Clone(body)
	if o.Reaction == nil {
		s.add(c, e)
	}
	c.typing = time.Time{}
	s.requests = append(s.requests, Request{ID: e.ID, Phone: c.Phone, At: e.At, Data: o.Data, Body: e.Raw})
	if f.Later && f.Code != 0 {
		s.fail(c, e, f.Code)
	} else {
		s.statusOf(c, e, chat.Sent)
		if !c.Offline {
			s.become(c, e, chat.Delivered)
		}
	}
	s.broadcast()
	to := map[string]any{"input": o.To, "wa_id": c.Phone}
	if o.To == "" {
		to = map[string]any{"input": o.Recipient, "user_id": c.BSUID}
	}
	return yes(map[string]any{
		"messaging_product": "whatsapp", "contacts": []any{to}, "messages": []any{map[string]any{"id": e.ID, "message_status": "accepted"}},
	})
}

// checkLinks looks at what the message refers to.
func (s *Server) checkLinks(o *outgoing) *wrong {
	if o.Context != nil {
		if _, e := s.entry(o.Context.MessageID); e == nil {
			return bad(badValue, "context.message_id is of no message")
		}
	}
	for _, a := range []*attachment{o.Image, o.Document} {
		if a != nil && a.ID != "" && s.files[a.ID] == nil {
			return bad(badValue, "there is no file of that id")
		}
	}
	if o.Template != nil {
		return o.Template.approved(s.config.Templates)
	}
	return nil
}

// reach finds the chat that a message goes to, and says why it does not reach it.
func (s *Server) reach(o *outgoing) (*chatLog, *wrong) {
	to := strings.TrimPrefix(o.To, "+")
	if to != "" && s.config.AllowList != nil && !slices.Contains(s.config.AllowList, to) {
		return nil, bad(131030, "Recipient phone number not in allowed list")
	}
	c := s.find(to, o.Recipient)
	switch {
	case c == nil && to == "":
		return nil, bad(131026, "Message undeliverable")
	case c != nil && c.Off:
		return nil, bad(131026, "Message undeliverable")
	case o.Template == nil && (c == nil || !chat.WindowOpen(c.lastInbound, s.now())):
		return nil, bad(131047, "Re-engagement message: more than 24 hours have passed since the customer last replied to this number")
	case c == nil:
		c = s.meet(Person{Phone: to})
	}
	now := s.now()
	// What was sent is a debt that shrinks with time.
	c.debt = max(c.debt-now.Sub(c.debtAt), 0)
	c.debtAt = now
	if c.debt > (pairBurst-1)*pairPause {
		return nil, bad(131056, "(Business Account, Consumer Account) pair rate limit hit")
	}
	c.debt += pairPause
	return c, nil
}

func newID() string { return "wamid.HBgN" + rand.Text() + "AA==" }

// become brings a message of the business into a state, and tells of it, unless it says nothing new. It is called with the lock
// held.
func (s *Server) become(c *chatLog, e *Entry, state chat.State) {
	if state.After(e.State) {
		e.State = state
		s.statusOf(c, e, state)
	}
}

// fail has a message fail after it was taken.
func (s *Server) fail(c *chatLog, e *Entry, code int) {
	e.State, e.Code = chat.Failed, code
	s.statusOf(c, e, chat.Failed)
}

// entry is what a phone shows of a message.
func (o *outgoing) entry() *Entry {
	m := chat.Message{Kind: chat.Form(o.Type)}
	switch {
	case o.Text != nil:
		m.Body = o.Text.Body
	case o.Interactive != nil:
		o.Interactive.show(&m)
	case o.Image != nil:
		m.Body, m.Image = o.Image.Caption, &chat.Image{URL: o.Image.Link}
	case o.Document != nil:
		m.Body, m.Document = o.Document.Caption, &chat.Document{URL: o.Document.Link, Filename: o.Document.Filename}
	case o.Location != nil:
		m.Location = o.Location.read()
	case o.Template != nil:
		m.Template = o.Template.show()
	}
	e := &Entry{FromBusiness: true, Kind: o.Type, Message: &m, Text: m.Plain()}
	if o.Context != nil {
		e.ReplyTo = o.Context.MessageID
	}
	for _, a := range []*attachment{o.Image, o.Document} {
		if a != nil {
			e.MediaID = a.ID
		}
	}
	return e
}

func (i *interactive) show(m *chat.Message) {
	m.Body = i.Body.Text
	if i.Header != nil {
		m.Header = i.Header.Text
	}
	if i.Footer != nil {
		m.Footer = i.Footer.Text
	}
	switch i.Type {
	case "button":
		m.Kind = chat.FormButtons
		for _, b := range i.Action.Buttons {
			m.Buttons = append(m.Buttons, chat.Button{ID: b.Reply.ID, Title: b.Reply.Title})
		}
	case "list":
		m.Kind, m.List = chat.FormList, &chat.List{Button: i.Action.Button}
		for _, part := range i.Action.Sections {
			section := chat.Section{Title: part.Title}
			for _, r := range part.Rows {
				section.Rows = append(section.Rows, chat.Row(r))
			}
			m.List.Sections = append(m.List.Sections, section)
		}
	case "cta_url":
		m.Kind, m.Link = chat.FormLink, &chat.Link{Text: i.Action.Parameters.Text, URL: i.Action.Parameters.URL}
	}
}

func (t *template) show() *chat.Template {
	shown := &chat.Template{Name: t.Name, Language: t.Language.Code}
	for _, c := range t.Components {
		for _, p := range c.Parameters {
			switch {
			case c.Type == "body":
				shown.Parameters = append(shown.Parameters, p.Text)
			case c.Type == "button" && c.SubType == "url":
				shown.URLSuffix = p.Text
			}
		}
	}
	return shown
}

// unix is a time as webhooks have it: seconds, in a string.
func unix(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }
