package watest

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/eevans-d/sist-cabanas/shared/chat"
)

// outgoing is a message that somebody wants to send: everything that may be said, and nothing else.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api
type outgoing struct {
	Product       string       `json:"messaging_product"`
	RecipientType string       `json:"recipient_type"`
	To            string       `json:"to"`
	Recipient     string       `json:"recipient"`
	Type          string       `json:"type"`
	Context       *quoted      `json:"context"`
	Data          string       `json:"biz_opaque_callback_data"`
	Text          *text        `json:"text"`
	Interactive   *interactive `json:"interactive"`
	Image         *attachment  `json:"image"`
	Document      *attachment  `json:"document"`
	Location      *location    `json:"location"`
	Template      *template    `json:"template"`
	Reaction      *reaction    `json:"reaction"`
}

type quoted struct {
	MessageID string `json:"message_id"`
}

type text struct {
	Body    string `json:"body"`
	Preview bool   `json:"preview_url"`
}

type attachment struct {
	ID       string `json:"id"`
	Link     string `json:"link"`
	Caption  string `json:"caption"`
	Filename string `json:"filename"`
}

// location has its angles as numbers, as in Meta's samples, or as strings, as in Meta's description of the API.
type location struct {
	Latitude  json.Number `json:"latitude"`
	Longitude json.Number `json:"longitude"`
	Name      string      `json:"name"`
	Address   string      `json:"address"`
}

// read returns nil for what is no place on the earth.
func (l *location) read() *chat.Location {
	latitude, err := l.Latitude.Float64()
	longitude, also := l.Longitude.Float64()
	if err != nil || also != nil || math.Abs(latitude) > 90 || math.Abs(longitude) > 180 {
		return nil
	}
	return &chat.Location{Latitude: latitude, Longitude: longitude, Name: l.Name, Address: l.Address}
}

type reaction struct {
	MessageID string `json:"message_id"`
	Emoji     string `json:"emoji"`
}

type worded struct {
	Text string `json:"text"`
}

type interactive struct {
	Type   string `json:"type"`
	Header *struct {
		Type     string      `json:"type"`
		Text     string      `json:"text"`
		Image    *attachment `json:"image"`
		Document *attachment `json:"document"`
	} `json:"header"`
	Body   *worded `json:"body"`
	Footer *worded `json:"footer"`
	Action *struct {
		Buttons []struct {
			Type  string `json:"type"`
			Reply choice `json:"reply"`
		} `json:"buttons"`
		Button   string `json:"button"`
		Sections []struct {
			Title string   `json:"title"`
			Rows  []choice `json:"rows"`
		} `json:"sections"`
		Name       string `json:"name"`
		Parameters *struct {
			Text string `json:"display_text"`
			URL  string `json:"url"`
		} `json:"parameters"`
	} `json:"action"`
}

type choice struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

type template struct {
	Name     string `json:"name"`
	Language struct {
		Code   string `json:"code"`
		Policy string `json:"policy"`
	} `json:"language"`
	Components []struct {
		Type       string `json:"type"`
		SubType    string `json:"sub_type"`
		Index      string `json:"index"`
		Parameters []struct {
			Type string `json:"type"`
			Text string `json:"text"`
			Name string `json:"parameter_name"`
		} `json:"parameters"`
	} `json:"components"`
}

// wrong is what is wrong with a message, and the code that Meta has for it.
type wrong struct {
	code int
	what string
}

func (w *wrong) Error() string { return w.what }

// The codes of a message that is not as it should be.
const (
	invalid  = 100
	missing  = 131008
	badValue = 131009
)

func bad(code int, format string, args ...any) *wrong {
	return &wrong{code, fmt.Sprintf(format, args...)}
}

var (
	numberForm   = regexp.MustCompile(`^\+?[0-9]{8,15}$`)
	bsuidForm    = regexp.MustCompile(`^[A-Z]{2}(\.ENT)?\.[A-Za-z0-9]{1,128}$`)
	templateForm = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
)

// check says what is wrong with a message in itself, or nil.
func (o *outgoing) check() *wrong {
	switch {
	case o.Product != "whatsapp":
		return bad(invalid, "The parameter messaging_product is required.")
	case o.To == "" && o.Recipient == "":
		return bad(invalid, "The parameter to is required.")
	case o.To != "" && !numberForm.MatchString(o.To):
		return bad(badValue, "to is no phone number")
	case o.To == "" && !bsuidForm.MatchString(o.Recipient):
		return bad(badValue, "recipient is no business-scoped user id")
	case o.RecipientType != "" && o.RecipientType != "individual":
		return bad(badValue, "recipient_type must be individual")
	case units(o.Data) > 512:
		return bad(badValue, "biz_opaque_callback_data must have at most 512 characters")
	case o.Context != nil && o.Context.MessageID == "":
		return bad(missing, "context.message_id is missing")
	}
	given := map[string]bool{
		"text": o.Text != nil, "interactive": o.Interactive != nil, "image": o.Image != nil, "document": o.Document != nil,
		"location": o.Location != nil, "template": o.Template != nil, "reaction": o.Reaction != nil,
	}
	for kind, there := range given {
		if there != (kind == o.Type) {
			return bad(missing, "type is %q: %s must be there if and only if it is the type", o.Type, kind)
		}
	}
	if !given[o.Type] {
		return bad(invalid, "Param type must be one of {text, interactive, image, document, location, template, reaction}")
	}
	return o.checkContent()
}

func (o *outgoing) checkContent() *wrong {
	switch o.Type {
	case "text":
		return length(invalid, "text.body", o.Text.Body, 1, 4096)
	case "interactive":
		return o.Interactive.check()
	case "image":
		return o.Image.check("image", 1024)
	case "document":
		return o.Document.check("document", 1024)
	case "location":
		if o.Location.read() == nil {
			return bad(badValue, "location is not on the earth")
		}
	case "template":
		return o.Template.check()
	case "reaction":
		return length(missing, "reaction.message_id", o.Reaction.MessageID, 1, 256)
	}
	return nil
}

// length counts as UTF-16 does, which is never less than any other way of counting.
func length(code int, what, text string, least, most int) *wrong {
	n := units(text)
	switch {
	case n < least || least > 0 && strings.TrimSpace(text) == "":
		return bad(missing, "%s is missing", what)
	case n > most:
		return bad(code, "Param %s must be at most %d characters long, and has %d", what, most, n)
	}
	return nil
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

// first is the first thing that is wrong.
func first(found ...*wrong) *wrong {
	for _, w := range found {
		if w != nil {
			return w
		}
	}
	return nil
}

func (a *attachment) check(what string, caption int) *wrong {
	if (a.ID == "") == (a.Link == "") {
		return bad(missing, "%s needs an id or a link", what)
	}
	if a.Link != "" && !isPublic(a.Link) {
		return bad(badValue, "%s.link must be https", what)
	}
	return length(badValue, what+".caption", a.Caption, 0, caption)
}

// isPublic reports whether Meta could fetch something from there, if this machine were on the internet.
func isPublic(link string) bool {
	address, err := url.Parse(link)
	if err != nil || address.Host == "" {
		return false
	}
	ip := net.ParseIP(address.Hostname())
	local := address.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return address.Scheme == "https" || address.Scheme == "http" && local
}

func (i *interactive) check() *wrong {
	if i.Body == nil || i.Action == nil {
		return bad(missing, "interactive needs a body and an action")
	}
	footer := ""
	if i.Footer != nil {
		footer = i.Footer.Text
	}
	if w := first(
		length(badValue, "interactive.body.text", i.Body.Text, 1, 1024), length(badValue, "interactive.footer.text", footer, 0, 60), i.checkHeader(),
	); w != nil {
		return w
	}
	switch i.Type {
	case "button":
		return i.checkButtons()
	case "list":
		return i.checkList()
	case "cta_url":
		return i.checkLink()
	default:
		return bad(badValue, "interactive.type must be one of {button, list, cta_url}")
	}
}

func (i *interactive) checkHeader() *wrong {
	switch {
	case i.Header == nil:
		return nil
	case i.Header.Type == "text":
		return length(badValue, "interactive.header.text", i.Header.Text, 1, 60)
	case i.Header.Type == "image" && i.Header.Image != nil && i.Type != "list":
		return i.Header.Image.check("interactive.header.image", 0)
	case i.Header.Type == "document" && i.Header.Document != nil && i.Type != "list":
		return i.Header.Document.check("interactive.header.document", 0)
	default:
		return bad(badValue, "interactive.header.type is not possible")
	}
}

func (i *interactive) checkButtons() *wrong {
	if n := len(i.Action.Buttons); n < 1 || n > 3 {
		return bad(badValue, "there must be 1 to 3 buttons, and there are %d", n)
	}
	var ids, titles []string
	for _, b := range i.Action.Buttons {
		if b.Type != "reply" {
			return bad(badValue, "a button's type must be reply")
		}
		if w := first(length(badValue, "a button's title", b.Reply.Title, 1, 20), length(badValue, "a button's id", b.Reply.ID, 1, 256)); w != nil {
			return w
		}
		if blankAround(b.Reply.Title) || blankAround(b.Reply.ID) || b.Reply.Description != "" {
			return bad(badValue, "a button has blanks around its id or title, or a description")
		}
		if slices.Contains(ids, b.Reply.ID) || slices.Contains(titles, b.Reply.Title) {
			return bad(badValue, "two buttons have the same id or title")
		}
		ids, titles = append(ids, b.Reply.ID), append(titles, b.Reply.Title)
	}
	return nil
}

func blankAround(text string) bool { return strings.TrimSpace(text) != text }

func (i *interactive) checkList() *wrong {
	a := i.Action
	if w := length(badValue, "action.button", a.Button, 1, 20); w != nil {
		return w
	}
	if n := len(a.Sections); n < 1 || n > 10 {
		return bad(badValue, "there must be 1 to 10 sections, and there are %d", n)
	}
	var ids []string
	for _, s := range a.Sections {
		least := min(len(a.Sections)-1, 1) // a title is needed where there are several
		if w := length(badValue, "a section's title", s.Title, least, 24); w != nil {
			return w
		}
		if len(s.Rows) == 0 {
			return bad(missing, "a section has no rows")
		}
		for _, r := range s.Rows {
			if w := first(length(badValue, "a row's id", r.ID, 1, 200), length(badValue, "a row's title", r.Title, 1, 24), length(badValue, "a row's description", r.Description, 0, 72)); w != nil {
				return w
			}
			if slices.Contains(ids, r.ID) {
				return bad(badValue, "two rows have the same id")
			}
			ids = append(ids, r.ID)
		}
	}
	if len(ids) > 10 {
		return bad(badValue, "there may be 10 rows in all, and there are %d", len(ids))
	}
	return nil
}

func (i *interactive) checkLink() *wrong {
	p := i.Action.Parameters
	if i.Action.Name != "cta_url" || p == nil {
		return bad(missing, "a link needs the action cta_url and its parameters")
	}
	address, err := url.Parse(p.URL)
	if err != nil || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return bad(badValue, "action.parameters.url is no address")
	}
	return length(badValue, "display_text", p.Text, 1, 20)
}

func (t *template) check() *wrong {
	if !templateForm.MatchString(t.Name) || t.Language.Code == "" {
		return bad(missing, "a template needs a name and a language")
	}
	if p := t.Language.Policy; p != "" && p != "deterministic" {
		return bad(badValue, "template.language.policy must be deterministic")
	}
	for _, c := range t.Components {
		if c.Type == "button" && (c.SubType == "" || c.Index == "") {
			return bad(missing, "a button of a template needs sub_type and index")
		}
		for _, p := range c.Parameters {
			switch {
			case p.Type != "text":
				return bad(132012, "parameters of the type %q are not known here", p.Type)
			case strings.TrimSpace(p.Text) == "":
				return bad(missing, "a parameter is blank")
			case strings.ContainsAny(p.Text, "\n\t") || strings.Contains(p.Text, "     "):
				return bad(132018, "a parameter has new lines, tabs, or more than four blanks in a row")
			}
		}
		if c.Type != "body" && c.Type != "header" && c.Type != "button" {
			return bad(badValue, "component %q", c.Type)
		}
	}
	return t.checkLengths()
}

func (t *template) checkLengths() *wrong {
	n := 0
	for _, c := range t.Components {
		for _, p := range c.Parameters {
			if c.Type == "body" {
				n += units(p.Text)
			}
		}
	}
	if n > 1024 {
		return bad(132005, "Translated text too long")
	}
	return nil
}

// approved says what is wrong with a template for one that was approved.
func (t *template) approved(all []Approved) *wrong {
	if all == nil {
		return nil
	}
	i := slices.IndexFunc(all, func(a Approved) bool { return a.Name == t.Name && a.Language == t.Language.Code })
	if i < 0 {
		return bad(132001, "Template name does not exist in the translation")
	}
	body, button := 0, false
	for _, c := range t.Components {
		if c.Type == "body" {
			body += len(c.Parameters)
		}
		button = button || c.Type == "button" && c.SubType == "url"
	}
	if body != all[i].Parameters || button != all[i].URLButton {
		return bad(132000, "Number of parameters does not match the expected number of params")
	}
	return nil
}
