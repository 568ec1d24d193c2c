package chat

import (
	"encoding/json"
	"math"
)

// message is an element of messages. Every type of message has a field of its own.
type message struct {
	ID       word
	From     word
	UserID   word `json:"from_user_id"`
	ParentID word `json:"from_parent_user_id"`
	To       word
	ToUserID word `json:"to_user_id"`
	At       word `json:"timestamp"`
	Type     word
	GroupID  word `json:"group_id"`
	Context  struct {
		ID         word
		Forwarded  yes
		Frequently yes `json:"frequently_forwarded"`
	}
	Text        struct{ Body prose }
	Button      *struct{ Payload, Text prose }
	Interactive struct {
		Button *pressed              `json:"button_reply"`
		Row    *pressed              `json:"list_reply"`
		Flow   *struct{ Body prose } `json:"nfm_reply"`
	}
	Audio, Image, Video, Document, Sticker *media
	Location                               *place
	Contacts                               []card
	Order                                  *struct{ Text prose }
	Reaction                               *struct {
		MessageID word `json:"message_id"`
		Emoji     prose
	}
	System *system
	Revoke *struct {
		ID word `json:"original_message_id"`
	}
	Edit   *edit
	Errors json.RawMessage
}

type pressed struct {
	ID    prose
	Title prose
}

type media struct {
	ID       word
	MIME     word `json:"mime_type"`
	SHA256   word
	Filename prose
	Caption  prose
	URL      word
	Voice    yes
}

type place struct {
	Latitude, Longitude word
	Name, Address       prose
}

type card struct {
	Name struct {
		Formatted prose `json:"formatted_name"`
	}
	Phones []struct {
		Phone prose
		WaID  word `json:"wa_id"`
	}
}

type edit struct {
	ID      word `json:"original_message_id"`
	Message struct {
		Text                   struct{ Body prose }
		Image, Video, Document struct{ Caption prose }
	}
}

// message reads an element of messages. Without an id or a sender there is nothing to keep it by or to answer to.
func (b *Batch) message(v *value, raw json.RawMessage) bool {
	var m message
	if !decode(raw, &m) {
		return false
	}
	from := v.who(Contact{BSUID: m.UserID.id(), ParentBSUID: m.ParentID.id(), WaID: m.From.wa()})
	i := m.inbound(v, from, raw)
	if i.ID == "" || i.From.Key() == "" {
		return false
	}
	b.Messages = append(b.Messages, i)
	return true
}

// echo reads an element of message_echoes, which goes from us to a guest: it belongs to his chat.
func (b *Batch) echo(v *value, raw json.RawMessage) bool {
	var m message
	if !decode(raw, &m) {
		return false
	}
	to := v.who(Contact{BSUID: m.ToUserID.id(), WaID: m.To.wa()})
	i := m.inbound(v, to, raw)
	if i.ID == "" || to.Key() == "" {
		return false
	}
	i.Kind, i.From, i.Previous = KindEcho, to, Contact{}
	b.Messages = append(b.Messages, i)
	return true
}

func (m *message) inbound(v *value, from Contact, raw json.RawMessage) Inbound {
	i := Inbound{
		ID: m.ID.id(), PhoneNumberID: v.phone, From: from, At: m.At.at(), Type: m.Type.id(), GroupID: m.GroupID.id(),
		Context: m.Context.ID.id(), Forwarded: bool(m.Context.Forwarded || m.Context.Frequently), Problems: readProblems(m.Errors), Raw: storable(raw),
	}
	if i.Type == "" {
		i.Type = m.guess()
	}
	m.say(&i, v)
	return i
}

// guess is the type of a message that does not name it.
func (m *message) guess() string {
	switch {
	case m.Text.Body != "":
		return "text"
	case m.Interactive.Button != nil, m.Interactive.Row != nil:
		return "interactive"
	case m.Location != nil:
		return "location"
	case m.Reaction != nil:
		return "reaction"
	case m.System != nil:
		return "system"
	case m.Contacts != nil:
		return "contacts"
	case m.Order != nil:
		return "order"
	case m.Button != nil:
		return "button"
	}
	for i, m := range []*media{m.Audio, m.Image, m.Video, m.Document, m.Sticker} {
		if m != nil {
			return []string{"audio", "image", "video", "document", "sticker"}[i]
		}
	}
	return ""
}

// say takes over what the type of the message holds. A type without what belongs to it cannot be answered to any better than
// one that WhatsApp does not show us.
func (m *message) say(i *Inbound, v *value) {
	switch i.Type {
	case "text":
		i.Kind, i.Text = KindText, string(m.Text.Body)
	case "interactive":
		m.interactive(i, v)
	case "button":
		i.Kind = KindUnsupported
		if m.Button != nil {
			i.reply(pressed{ID: m.Button.Payload, Title: m.Button.Text})
		}
	case "audio", "voice":
		i.media(KindAudio, m.Audio)
	case "image":
		i.media(KindImage, m.Image)
	case "video":
		i.media(KindVideo, m.Video)
	case "document":
		i.media(KindDocument, m.Document)
	case "sticker":
		i.media(KindSticker, m.Sticker)
	case "location":
		i.Kind, i.Location = KindLocation, m.Location.read()
	case "unsupported", "unknown", "errors":
		i.Kind = KindUnsupported
	case "request_welcome":
		i.Kind = KindWelcome
	default:
		m.sayLess(i)
	}
	if i.Kind == KindUnsupported && i.Problems == nil {
		i.Problems = v.problems
	}
}

// sayLess is say for types that are rarely seen.
func (m *message) sayLess(i *Inbound) {
	i.Kind = KindOther
	switch {
	case i.Type == "contacts":
		i.Kind, i.Cards = KindContacts, readCards(m.Contacts)
	case i.Type == "order" && m.Order != nil:
		i.Kind, i.Text = KindOrder, string(m.Order.Text)
	case i.Type == "reaction" && m.Reaction != nil:
		i.Kind, i.Text, i.Context = KindReaction, string(m.Reaction.Emoji), m.Reaction.MessageID.id()
	case i.Type == "system" && m.System != nil:
		i.Kind, i.Text = KindSystem, m.System.Body.line()
		i.From, i.Previous = m.System.change(i.From)
	case i.Type == "revoke" && m.Revoke != nil:
		i.Kind, i.Context = KindRevoke, m.Revoke.ID.id()
	case i.Type == "edit" && m.Edit != nil:
		e := m.Edit.Message
		i.Kind, i.Context = KindEdit, m.Edit.ID.id()
		i.Text = string(e.Text.Body + e.Image.Caption + e.Video.Caption + e.Document.Caption) // it has one of them
	}
}

func (m *message) interactive(i *Inbound, v *value) {
	switch {
	case m.Interactive.Button != nil:
		i.reply(*m.Interactive.Button)
	case m.Interactive.Row != nil:
		i.reply(*m.Interactive.Row)
	case m.Interactive.Flow != nil:
		i.Kind, i.Text = KindOther, string(m.Interactive.Flow.Body)
	case len(i.Problems)+len(v.problems) > 0:
		i.Kind = KindUnsupported
	default:
		i.Kind = KindOther
	}
}

// reply takes over what was pressed. The id is ours and may be days old; it is not cleaned of anything but what no id of ours
// has.
func (i *Inbound) reply(p pressed) {
	i.Kind, i.ReplyID, i.ReplyTitle = KindReply, oneLine(string(p.ID)), p.Title.line()
	i.Text = i.ReplyTitle
	if len(i.ReplyID) > maxName {
		i.ReplyID = "" // of no button that we have sent
	}
}

func (i *Inbound) media(kind Kind, m *media) {
	if m == nil || m.ID.id() == "" {
		i.Kind = KindUnsupported
		return
	}
	i.Kind, i.Text = kind, string(m.Caption)
	i.Media = &Media{
		ID: m.ID.id(), MIME: m.MIME.id(), SHA256: m.SHA256.id(), Filename: m.Filename.line(), Caption: string(m.Caption), URL: string(m.URL), Voice: bool(m.Voice),
	}
}

// read returns nil for what is no place on the earth.
func (p *place) read() *Location {
	if p == nil {
		return nil
	}
	latitude, ok := p.Latitude.degrees()
	longitude, also := p.Longitude.degrees()
	if !ok || !also || !onEarth(latitude, longitude) {
		return nil
	}
	return &Location{Latitude: latitude, Longitude: longitude, Name: p.Name.line(), Address: p.Address.line()}
}

func onEarth(latitude, longitude float64) bool {
	return math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180 // false for what is not a number
}

func readCards(cards []card) []Card {
	const enough = 20
	var read []Card
	for _, c := range cards[:min(len(cards), enough)] {
		one := Card{Name: c.Name.Formatted.line()}
		for _, p := range c.Phones {
			if one.Phone == "" || one.WaID == "" && p.WaID != "" { // the first, but rather one that is on WhatsApp
				one.Phone, one.WaID = p.Phone.line(), p.WaID.wa()
			}
		}
		read = append(read, one)
	}
	return read
}

// OpensWindow reports whether the message lets us answer freely for 24 hours. Meta's documentation does not say so of a
// reaction, so it does not count.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages#customer-service-windows
func (i Inbound) OpensWindow() bool {
	switch i.Kind {
	case KindReaction, KindSystem, KindRevoke, KindEdit, KindEcho, KindWelcome:
		return false
	default:
		return i.GroupID == ""
	}
}
