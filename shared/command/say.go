package command

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
	"github.com/eevans-d/sist-cabanas/shared/notice"
)

// Owners are answered in the Spanish of Argentina, whatever language their guests speak.
const es = notice.Spanish

// Texts of others are cut here, so that an answer stays one message.
const (
	maxName  = 60
	maxTold  = 200
	maxTitle = chat.MaxRowTitle
)

// Teller writes answers: at an instant, on a day, where the cabins are.
type Teller struct {
	Now   time.Time
	Zone  *time.Location
	Today civil.Date
}

// NewTeller returns who writes at an instant; a nil zone is Argentina's.
func NewTeller(now time.Time, zone *time.Location) Teller {
	if zone == nil {
		zone = time.FixedZone("ART", -3*60*60)
	}
	return Teller{Now: now, Zone: zone, Today: civil.Of(now, zone)}
}

func (t Teller) date(d civil.Date) string { return es.Date(d, t.Today) }

// span is "vie 4/12 → lun 7/12".
func (t Teller) span(n civil.Nights) string { return t.date(n.From) + " → " + t.date(n.To) }

// stretch is span, and how many nights that is.
func (t Teller) stretch(n civil.Nights) string { return t.span(n) + " (" + es.Nights(n.Len()) + ")" }

// until is "las 14:30 h", "mañana a las 9 h".
func (t Teller) until(at time.Time) string { return es.Moment(at, t.Now, t.Zone) }

func cash(c money.Cents, currency string) string { return es.Money(c, clean(currency, 8)) }

// clean is a text of somebody else's as data: in one line, without what cannot be seen and what WhatsApp takes for markup.
// https://faq.whatsapp.com/539178204879377
func clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsGraphic(r), r == unicode.ReplacementChar, strings.ContainsRune("*_~`", r):
			return -1
		}
		return r
	}, text)
	return chat.Cut(strings.Join(strings.Fields(text), " "), most)
}

// lines joins what says something.
func lines(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(line string) bool { return line == "" }), "\n")
}

// commas joins what says something in one line.
func commas(all ...string) string {
	return strings.Join(slices.DeleteFunc(all, func(part string) bool { return part == "" }), ", ")
}

// say is an answer. Where it is too long for buttons it goes without: what they say can be written.
func say(body string, buttons ...chat.Button) chat.Message {
	m := chat.Message{Kind: chat.FormText, Body: body}
	if len(buttons) > 0 && len(buttons) <= chat.MaxButtons && chat.Cut(body, chat.MaxBody) == body {
		m.Kind, m.Buttons = chat.FormButtons, buttons
	}
	return m
}

// choose lets the owner choose one of some rows.
func choose(body, button string, rows []chat.Row) chat.Message {
	if len(rows) == 0 {
		return say(body)
	}
	rows = rows[:min(len(rows), chat.MaxRows)]
	return chat.Message{Kind: chat.FormList, Body: chat.Cut(body, chat.MaxBody), List: &chat.List{Button: button, Sections: []chat.Section{{Rows: rows}}}}
}

func press(title, id string) chat.Button { return chat.Button{ID: id, Title: title} }

// decline is the way out of every question.
func decline() chat.Button { return press("No, dejalo", noTo) }

// paged is at most so many lines, and how many more there are of all.
func paged(all []string, most, total int) string {
	if len(all) > most {
		all = all[:most]
	}
	if more := total - len(all); more > 0 {
		all = append(slices.Clone(all), "… y "+strconv.Itoa(more)+" más")
	}
	return strings.Join(all, "\n")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}
