package conversation

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Texts of others are cut here, so that whatever people type, a message stays one that WhatsApp takes.
const (
	maxName   = 60
	maxPlace  = 160
	maxOwners = 400 // an answer of the owner's, in his own words
	maxText   = 700 // a description
)

// fill puts values into a sentence of the catalogue: pairs of a {name} without its braces and what stands there.
func fill(sentence string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(sentence)
}

// lines joins what says something.
func lines(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(line string) bool { return line == "" }), "\n")
}

// paragraphs is lines with an empty one between each.
func paragraphs(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(text string) bool { return text == "" }), "\n\n")
}

// safe is a text of somebody else's as data: in one line, without what cannot be seen and what WhatsApp takes for markup, of at
// most so many characters.
// https://faq.whatsapp.com/539178204879377
func safe(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), r == unicode.ReplacementChar, strings.ContainsRune("*_~`{}", r):
			return -1
		}
		return r
	}, text)
	return chat.Cut(strings.Join(strings.Fields(text), " "), most)
}

// unlinked is a text in which nothing is an address that WhatsApp would make a link of.
func unlinked(text string) string {
	words := strings.Fields(text)
	for i, word := range words {
		if dot := strings.IndexByte(word, '.'); strings.Contains(word, "//") || dot > 0 && dot+1 < len(word) {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}

// owners is a text of the owner's: it keeps its lines and its links, since both are his own.
func owners(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, text)
	return chat.Cut(strings.TrimSpace(text), most)
}

// said is what the guest has written that is being answered, also once an act has come back.
func (t *talk) said() string {
	if t.event.Kind == Done {
		return t.Doing.Text
	}
	return t.event.Text
}

func (t *talk) say(body string, buttons ...chat.Button) {
	m := chat.Message{Kind: chat.FormText, Body: body}
	if len(buttons) > 0 {
		m.Kind, m.Buttons = chat.FormButtons, buttons
	}
	t.replies = append(t.replies, m)
}

// choose lets the guest choose one of some rows; up to three whose titles fit are buttons, which take one touch less.
func (t *talk) choose(body, button string, rows []chat.Row) {
	if len(rows) == 0 {
		t.say(body)
		return
	}
	if buttons := asButtons(rows); buttons != nil {
		t.say(body, buttons...)
		return
	}
	t.replies = append(t.replies, chat.Message{
		Kind: chat.FormList, Body: body, List: &chat.List{Button: button, Sections: []chat.Section{{Rows: rows}}},
	})
}

// asButtons is nil where a list is needed. What the rows say besides their titles stands in the message, too.
func asButtons(rows []chat.Row) []chat.Button {
	if len(rows) > chat.MaxButtons {
		return nil
	}
	buttons := make([]chat.Button, len(rows))
	for i, r := range rows {
		if chat.Cut(r.Title, chat.MaxButtonTitle) != r.Title {
			return nil
		}
		buttons[i] = chat.Button{ID: r.ID, Title: r.Title}
	}
	return buttons
}

// link is a message with a button that opens an address; without one it is text.
func (t *talk) link(body, title, address string) {
	if address == "" {
		t.say(body)
		return
	}
	t.replies = append(t.replies, chat.Message{Kind: chat.FormLink, Body: body, Link: &chat.Link{Text: title, URL: address}})
}

// lead is said before the answer, in the same message.
func (t *talk) lead(text string) {
	if text != "" {
		t.Doing.Lead = append(slices.Clone(t.Doing.Lead), text)
	}
}

func (t *talk) money(c money.Cents, currency string) string {
	return t.lang.Money(c, safe(currency, 8))
}

func (t *talk) date(d civil.Date) string { return t.lang.Date(d, t.facts.Today) }

// span is "del vie 4/12 al lun 7/12".
func (t *talk) span(n civil.Nights) string {
	return fill(t.w.Span, "from", t.date(n.From), "to", t.date(n.To))
}

// brief is span where there is little room, without the year: "vie 4/12 → lun 7/12".
func (t *talk) brief(n civil.Nights) string {
	return t.lang.Date(n.From, n.From) + " → " + t.lang.Date(n.To, n.To)
}

// party is "4 personas, 1 bebé y 1 mascota", as far as it is known.
func (t *talk) party(w Wanted) string {
	parts := []string{t.lang.Guests(w.Guests), several(w.Babies, t.w.Baby, t.w.Babies), several(w.Pets, t.w.Pet, t.w.Pets)}
	return t.list(slices.DeleteFunc(parts, func(part string) bool { return part == "" }))
}

func several(n int, one, many string) string {
	switch {
	case n < 1:
		return ""
	case n == 1:
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// list is "a, b y c".
func (t *talk) list(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	last := len(parts) - 1
	return strings.Join(parts[:last], ", ") + " " + t.w.And + " " + parts[last]
}

// capital makes the first letter a capital.
func capital(text string) string {
	for i, r := range text {
		return string(unicode.ToUpper(r)) + text[i+len(string(r)):]
	}
	return text
}

// personName is a name as a person would write his own, or "": a profile may hold anything, from a flower to an advertisement.
func personName(text string) string {
	letters := 0
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r):
			letters++
			return r
		case unicode.IsMark(r), r == '\'', r == '’', r == '-':
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsDigit(r), strings.ContainsRune("@/:\\#=", r):
			letters -= 1000 // of an address, or of a number
		}
		return -1
	}, text)
	if letters < 2 {
		return ""
	}
	words := strings.Fields(text)
	if len(words) > 6 {
		return "" // a sentence
	}
	return chat.Cut(strings.Join(words, " "), maxName)
}

// firstName is what somebody is called by.
func firstName(name string) string {
	first, _, _ := strings.Cut(personName(name), " ")
	if len(first) > 30 {
		return ""
	}
	return first
}
