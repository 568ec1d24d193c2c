package watest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// Person is somebody with a phone.
type Person struct {
	Phone    string // the wa_id: 5492944123456
	Name     string // of the profile; empty: webhooks have none
	Username string
	BSUID    string // empty: AR. and something made of the phone
	Hidden   bool   // webhooks show no phone, as of those who have a user name
	Old      bool   // webhooks show no BSUID, as until 2026
	Off      bool   // not on WhatsApp
	Offline  bool   // the phone is switched off: nothing is delivered, until MarkRead
}

// Entry is one message in a chat.
type Entry struct {
	ID           string
	FromBusiness bool
	At           time.Time
	Kind         string        // text, interactive, audio, image…
	Text         string        // what it says, in plain text
	Message      *chat.Message `json:",omitempty"` // of the business
	MediaID      string        `json:",omitempty"` // see Content
	MIME         string        `json:",omitempty"`
	Filename     string        `json:",omitempty"`
	ReplyTo      string        `json:",omitempty"` // the message that is quoted, or whose button was pressed
	// State is how far it has come. What the person wrote is sent, then delivered when the webhook was accepted, then read when
	// the business says so: two blue ticks.
	State chat.State
	Code  int             `json:",omitempty"` // why it failed
	Raw   json.RawMessage `json:",omitempty"` // as the business sent it
}

// Chat is what one phone shows.
type Chat struct {
	Person

	Entries []Entry
	Typing  bool // the business is writing
	Unread  int  // messages of the business that were not looked at
}

// chatLog is a chat with what its phone does not show.
type chatLog struct {
	Person

	Entries     []*Entry
	typing      time.Time // until when the business is seen to be writing
	lastInbound time.Time
	debt        time.Duration // of the limit of the pair
	debtAt      time.Time
}

// Meet makes somebody known, or changes him. Whoever is not known and writes is met with his phone alone.
func (s *Server) Meet(p Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.keep()
	s.meet(p)
	s.broadcast()
}

// meet is called with the lock held.
func (s *Server) meet(p Person) *chatLog {
	p.BSUID = cmp.Or(p.BSUID, "AR.13"+p.Phone)
	if c := s.find(p.Phone, ""); c != nil {
		c.Person = p
		return c
	}
	c := &chatLog{Person: p}
	s.chats = append(s.chats, c)
	return c
}

// of is the chat of a phone, a new one if need be. It is called with the lock held.
func (s *Server) of(phone string) *chatLog {
	if c := s.find(phone, ""); c != nil {
		return c
	}
	return s.meet(Person{Phone: phone})
}

// find is called with the lock held. An Argentine number may be written without its 9.
func (s *Server) find(phone, bsuid string) *chatLog {
	for _, c := range s.chats {
		if phone != "" && chat.SameNumber(c.Phone, phone) || phone == "" && c.BSUID == bsuid {
			return c
		}
	}
	return nil
}

// phoneOf is the phone that a message is meant for, as far as anybody knows.
func (s *Server) phoneOf(to, recipient string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.find(to, recipient); c != nil {
		return c.Phone
	}
	return to
}

// located is a message with its chat.
type located struct {
	chat  *chatLog
	entry *Entry
}

// add puts a message into a chat. It is called with the lock held.
func (s *Server) add(c *chatLog, e *Entry) {
	c.Entries = append(c.Entries, e)
	s.byID[e.ID] = located{c, e}
}

// entry finds a message in any chat. It is called with the lock held.
func (s *Server) entry(id string) (*chatLog, *Entry) {
	found := s.byID[id]
	return found.chat, found.entry
}

// Chats returns what every phone shows, the oldest chat first.
func (s *Server) Chats() []Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	var shown []Chat
	for _, c := range s.chats {
		shown = append(shown, s.show(c))
	}
	return shown
}

// Chat returns what one phone shows.
func (s *Server) Chat(phone string) Chat {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.find(phone, ""); c != nil {
		return s.show(c)
	}
	return Chat{Person: Person{Phone: phone}}
}

// show is called with the lock held.
func (s *Server) show(c *chatLog) Chat {
	shown := Chat{Person: c.Person, Typing: s.now().Before(c.typing)}
	for _, e := range c.Entries {
		shown.Entries = append(shown.Entries, *e)
		if e.FromBusiness && (e.State == chat.Sent || e.State == chat.Delivered) {
			shown.Unread++
		}
	}
	return shown
}

// MarkRead has somebody look at his phone: everything in the chat is delivered and read.
func (s *Server) MarkRead(phone string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(phone, "")
	if c == nil {
		return
	}
	changed := false
	for _, e := range c.Entries {
		if e.FromBusiness && (e.State == chat.Sent || e.State == chat.Delivered) {
			s.become(c, e, chat.Delivered)
			s.become(c, e, chat.Seen)
			changed = true
		}
	}
	if changed {
		s.keep()
		s.broadcast()
	}
}

// Say has somebody write. It returns the wamid.
func (s *Server) Say(phone, text string) string {
	return s.hear(phone, &Entry{Kind: "text", Text: text}, map[string]any{"text": map[string]any{"body": text}})
}

// Press has somebody press a button, or choose a row of a list, of a message that is in his chat. It may be as old as it likes.
func (s *Server) Press(phone, messageID, choiceID string) (string, error) {
	s.mu.Lock()
	c := s.find(phone, "")
	_, e := s.entry(messageID)
	s.mu.Unlock()
	if c == nil || e == nil || e.Message == nil || !e.FromBusiness {
		return "", fmt.Errorf("watest: there is no message %q with something to press", messageID)
	}
	for _, b := range e.Message.Buttons {
		if b.ID == choiceID {
			return s.press(phone, messageID, "button_reply", map[string]any{"id": b.ID, "title": b.Title}), nil
		}
	}
	if e.Message.List != nil {
		for _, section := range e.Message.List.Sections {
			for _, r := range section.Rows {
				if r.ID == choiceID {
					return s.press(phone, messageID, "list_reply", map[string]any{"id": r.ID, "title": r.Title, "description": r.Description}), nil
				}
			}
		}
	}
	return "", fmt.Errorf("watest: message %q has nothing like %q", messageID, choiceID)
}

func (s *Server) press(phone, messageID, kind string, chosen map[string]any) string {
	title, _ := chosen["title"].(string)
	return s.hear(phone, &Entry{Kind: "interactive", Text: title, ReplyTo: messageID}, map[string]any{
		"interactive": map[string]any{"type": kind, kind: chosen},
	})
}

// Voice has somebody send a voice note.
func (s *Server) Voice(phone string, ogg []byte) string {
	return s.attach(phone, "audio", "🎤", &file{MIME: "audio/ogg; codecs=opus", Content: ogg}, map[string]any{"voice": true})
}

// Picture has somebody send a photo.
func (s *Server) Picture(phone string, jpeg []byte, caption string) string {
	return s.attach(phone, "image", caption, &file{MIME: "image/jpeg", Content: jpeg}, withText("caption", caption))
}

// Document has somebody send a file.
func (s *Server) Document(phone string, content []byte, mime, filename, caption string) string {
	extra := withText("caption", caption)
	extra["filename"] = filename
	return s.attach(phone, "document", caption, &file{MIME: mime, Content: content, Filename: filename}, extra)
}

func withText(name, text string) map[string]any {
	if text == "" {
		return map[string]any{}
	}
	return map[string]any{name: text}
}

// Place has somebody send where he is.
func (s *Server) Place(phone string, latitude, longitude float64) string {
	return s.hear(phone, &Entry{Kind: "location", Text: fmt.Sprintf("📍 %.5f, %.5f", latitude, longitude)}, map[string]any{
		"location": map[string]any{"latitude": latitude, "longitude": longitude},
	})
}

// Unsupported has somebody send what WhatsApp does not show to businesses.
func (s *Server) Unsupported(phone string) string {
	return s.hear(phone, &Entry{Kind: "unsupported"}, map[string]any{"errors": []any{map[string]any{
		"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
		"error_data": map[string]any{"details": "Message type is currently not supported."},
	}}})
}

// Event has anything else happen in a chat: a message of this type, with these fields, as Meta would write them.
func (s *Server) Event(phone, kind string, fields map[string]any) string {
	return s.hear(phone, &Entry{Kind: kind}, fields)
}

// hear makes a message of somebody, and tells of it.
func (s *Server) hear(phone string, e *Entry, fields map[string]any) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.keep()
	c := s.of(phone)
	e.ID, e.At, e.State = newID(), s.now(), chat.Sent
	s.add(c, e)
	if e.Kind != "reaction" && e.Kind != "system" {
		c.lastInbound = e.At
	}
	message := map[string]any{"id": e.ID, "timestamp": unix(e.At), "type": e.Kind}
	if !c.Hidden {
		message["from"] = c.Phone
	}
	if !c.Old {
		message["from_user_id"] = c.BSUID
	}
	if e.ReplyTo != "" {
		message["context"] = map[string]any{"from": s.config.Number, "id": e.ReplyTo}
	}
	maps.Copy(message, fields)
	s.tell(c, e.ID, "messages", map[string]any{"contacts": []any{c.describe()}, "messages": []any{message}})
	s.broadcast()
	return e.ID
}

// describe is what webhooks say of a person.
func (p *Person) describe() map[string]any {
	d := map[string]any{}
	if p.Name != "" {
		d["profile"] = map[string]any{"name": p.Name}
		if p.Username != "" {
			d["profile"] = map[string]any{"name": p.Name, "username": p.Username}
		}
	}
	if !p.Hidden {
		d["wa_id"] = p.Phone
	}
	if !p.Old {
		d["user_id"] = p.BSUID
	}
	return d
}

// Echo has the owner write to somebody in the app on his own phone.
func (s *Server) Echo(phone, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.keep()
	c := s.of(phone)
	e := &Entry{ID: newID(), FromBusiness: true, At: s.now(), Kind: "text", Text: text, State: chat.Delivered}
	s.add(c, e)
	s.tell(c, e.ID, "smb_message_echoes", map[string]any{"message_echoes": []any{map[string]any{
		"from": s.config.Number, "to": c.Phone, "id": e.ID, "timestamp": unix(e.At), "type": "text", "text": map[string]any{"body": text},
	}}})
	s.broadcast()
	return e.ID
}
