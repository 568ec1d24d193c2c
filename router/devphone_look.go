//go:build dev

package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/whatsapp/watest"
)

// pageView is everything that the page shows.
type pageView struct {
	Phones          []phoneView // the guest's, then the owner's
	Guests          []guestView
	Error, NextName string
	Seen            string // tells what is shown from what was shown before
}

// guestView is a guest who could be played.
type guestView struct {
	Number, Name, Shown, Initials, Last string
	Unread                              int
	Current                             bool
}

// phoneView is one phone.
type phoneView struct {
	Number, Name, Shown, Initials string
	Role                          string // guest or owner
	Title                         string // whose phone it is
	Guest                         string // the guest on the page, for forms to come back to
	Off, Typing, Open             bool   // switched off; the system writes; the system may write freely
	Unread                        int
	Rows                          []rowView
	Hints                         []string // what one could write first
	Voices                        []voice
}

// rowView is one message on a phone.
type rowView struct {
	watest.Entry

	Key   string // of its element
	Day   string // a day that begins with it
	Mine  bool
	First bool // of several by the same
	Clock string
	Body  template.HTML
	Quote string // the message that is answered
	Tick  string // sent, delivered, read; of one's own
	Said  string // in a voice note
	Long  string // how long the voice note is
	Image string // where the picture is
	Link  string // where the place, or the document, is
}

// look is what there is to see now. Who is no guest that is known is the one who was met last.
func (d *demoPhones) look(guest string) pageView {
	var view pageView
	chats := d.whatsapp.Chats()
	owner := watest.Chat{Person: watest.Person{Phone: d.owner}}
	var guests []watest.Chat
	for _, c := range chats {
		if chat.SameNumber(c.Phone, d.owner) {
			owner = c
		} else {
			guests = append(guests, c)
		}
	}
	slices.Reverse(guests)
	at := max(0, slices.IndexFunc(guests, func(c watest.Chat) bool { return chat.SameNumber(c.Phone, strings.TrimPrefix(guest, "+")) }))
	for i, c := range guests {
		g := guestView{Number: c.Phone, Name: nameOf(c.Person), Shown: shownNumber(c.Person), Initials: initials(c.Person), Unread: c.Unread, Current: i == at}
		if n := len(c.Entries); n > 0 {
			g.Last = opening(c.Entries[n-1].Text)
		}
		view.Guests = append(view.Guests, g)
	}
	if len(guests) > 0 {
		view.Phones = append(view.Phones, d.phone(guests[at], "guest", guests[at].Phone))
		view.Phones = append(view.Phones, d.phone(owner, "owner", guests[at].Phone))
	} else {
		view.Phones = append(view.Phones, d.phone(owner, "owner", ""))
	}
	text, _ := json.Marshal(view) // nothing in it can fail
	sum := sha256.Sum256(text)
	view.Seen = hex.EncodeToString(sum[:8])
	return view
}

func (d *demoPhones) phone(c watest.Chat, role, guest string) phoneView {
	p := phoneView{
		Number: c.Phone, Name: nameOf(c.Person), Shown: shownNumber(c.Person), Initials: initials(c.Person), Role: role, Guest: guest,
		Title: "Teléfono de " + nameOf(c.Person), Off: c.Offline, Typing: c.Typing, Unread: c.Unread, Voices: voices(role),
		Open: chat.WindowOpen(lastSaid(c), d.now()), Hints: hints(role),
	}
	entries := c.Entries
	if p.Off { // what has not been delivered is not there
		p.Unread = 0
		entries = slices.DeleteFunc(slices.Clone(entries), func(e watest.Entry) bool { return e.FromBusiness && e.State == chat.Sent })
	}
	entries = entries[max(0, len(entries)-shownAtMost):]
	texts := make(map[string]string)
	for _, e := range c.Entries {
		texts[e.ID] = e.Text
	}
	zone, err := time.LoadLocation("America/Argentina/Buenos_Aires")
	if err != nil {
		zone = time.UTC // without zones the page is three hours ahead
	}
	today := civil.Of(d.now(), zone)
	var day civil.Date
	for i, e := range entries {
		row := d.row(c.Phone, e)
		row.Clock, row.Quote = e.At.In(zone).Format("15:04"), opening(texts[e.ReplyTo])
		row.First = i == 0 || entries[i-1].FromBusiness != e.FromBusiness
		if on := civil.Of(e.At, zone); on != day {
			day, row.Day, row.First = on, dayWords(on, today), true
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

// lastSaid is when somebody wrote last; zero = never.
func lastSaid(c watest.Chat) time.Time {
	for _, e := range slices.Backward(c.Entries) {
		if !e.FromBusiness {
			return e.At
		}
	}
	return time.Time{}
}

func (d *demoPhones) row(phone string, e watest.Entry) rowView {
	sum := sha256.Sum256([]byte(e.ID))
	row := rowView{Entry: e, Key: "m" + hex.EncodeToString(sum[:6]), Mine: !e.FromBusiness}
	if row.Mine {
		row.Tick = string(e.State)
	}
	text := strings.TrimPrefix(e.Text, "📍 ") // the page has a map in its stead
	if m := e.Message; m != nil {
		text = m.Body
		switch {
		case m.Image != nil:
			row.Image = d.near(m.Image.URL)
		case m.Document != nil:
			row.Link = m.Document.URL
		case m.Location != nil:
			at := m.Location
			row.Link = fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.6[1]f&mlon=%.6[2]f#map=15/%.6[1]f/%.6[2]f", at.Latitude, at.Longitude)
		case m.Template != nil:
			text = strings.Join(m.Template.Parameters, " · ")
		}
	}
	if e.MediaID != "" {
		where := devPhone + "/" + phone + "/files/" + e.MediaID
		switch e.Kind {
		case "image":
			row.Image = where
		case "audio":
			content, _, _ := d.whatsapp.Content(e.MediaID)
			row.Said, row.Long = readVoice(content)
			text = ""
		default:
			row.Link = where
		}
	}
	row.Body = marked(text)
	return row
}

// near is a picture's address: of our own without the host, since the page loads nothing from elsewhere.
func (d *demoPhones) near(url string) string { return strings.TrimPrefix(url, d.base) }

// readVoice is what is said in a recording of speechtest's, which has it in a comment, and how long it plays, which is in the
// header of the last page: RFC 7845.
func readVoice(ogg []byte) (said, long string) {
	const mark = "TRANSCRIPT="
	_, rest, found := strings.Cut(string(ogg), mark)
	at := len(ogg) - len(rest) - len(mark) - 4
	if last := strings.LastIndex(string(ogg), "OggS"); last >= 0 && len(ogg) >= last+14 {
		seconds := binary.LittleEndian.Uint64(ogg[last+6:]) / 48_000
		long = fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
	}
	if !found || at < 0 {
		return "", long
	}
	n := int(binary.LittleEndian.Uint32(ogg[at:])) - len(mark)
	if n < 0 || n > len(rest) {
		return "", long
	}
	return rest[:n], long
}

// shownNumber is a number as people in Argentina read it, or a user name.
func shownNumber(p watest.Person) string {
	n := p.Phone
	switch {
	case p.Hidden && p.Username != "":
		return "@" + p.Username
	case p.Hidden:
		return "número oculto"
	case len(n) == 13 && strings.HasPrefix(n, "54911"):
		return fmt.Sprintf("+54 9 11 %s-%s", n[5:9], n[9:])
	case len(n) == 13 && strings.HasPrefix(n, "549"):
		return fmt.Sprintf("+54 9 %s %s-%s", n[3:7], n[7:9], n[9:])
	default:
		return "+" + n
	}
}

func nameOf(p watest.Person) string { return cmp.Or(p.Name, "Sin nombre") }

func initials(p watest.Person) string {
	var letters string
	for word := range strings.FieldsSeq(p.Name) {
		if r := []rune(word); len([]rune(letters)) < 2 {
			letters += strings.ToUpper(string(r[:1]))
		}
	}
	return cmp.Or(letters, "?")
}

func opening(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return chat.Cut(strings.NewReplacer("*", "", "_", "").Replace(line), 70)
}

func dayWords(day, today civil.Date) string {
	switch day {
	case today:
		return "Hoy"
	case today.AddDays(-1):
		return "Ayer"
	}
	year, month, n := day.YMD()
	weekdays := []string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"}
	months := []string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"}
	return fmt.Sprintf("%s %d de %s de %d", weekdays[day.Weekday()], n, months[month-1], year)
}

// marks are what WhatsApp reads in a text: the mark stands at the edge of a word, and around something. A text is read once it is
// escaped, so that nothing in it is markup but these.
var marks = []struct {
	form *regexp.Regexp
	tag  string
}{
	{regexp.MustCompile("(^|[^\\pL\\pN`])```([^`]+?)```"), "code"},
	{regexp.MustCompile(`(^|[^\pL\pN*])\*([^\s*](?:[^*\n]*[^\s*])?)\*`), "b"},
	{regexp.MustCompile(`(^|[^\pL\pN_])_([^\s_](?:[^_\n]*[^\s_])?)_`), "i"},
	{regexp.MustCompile(`(^|[^\pL\pN~])~([^\s~](?:[^~\n]*[^\s~])?)~`), "s"},
}

var linked = regexp.MustCompile(`https?://[^\s<>"]+[^\s<>".,;:!?)\]]`)

// marked is a text as a phone shows it.
func marked(text string) template.HTML {
	var b strings.Builder
	rest := text
	for _, at := range linked.FindAllStringIndex(text, -1) {
		plain := text[len(text)-len(rest) : at[0]]
		url := template.HTMLEscapeString(text[at[0]:at[1]])
		b.WriteString(emphasised(plain))
		fmt.Fprintf(&b, `<a href="%s" target="_blank" rel="noopener noreferrer">%s</a>`, url, url)
		rest = text[at[1]:]
	}
	b.WriteString(emphasised(rest))
	return template.HTML(b.String()) //nolint:gosec // everything in it was escaped above
}

func emphasised(text string) string {
	escaped := template.HTMLEscapeString(text)
	for _, m := range marks {
		escaped = m.form.ReplaceAllString(escaped, "$1<"+m.tag+">$2</"+m.tag+">")
	}
	return escaped
}
