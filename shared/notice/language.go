package notice

import (
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/money"
)

// Language is what a message is written in, as the primary subtag of BCP 47.
type Language string

// The languages. Spanish is that of Argentina, the language of whatever has not been translated. Another one is a constant
// here, its words in catalogue, and its way of writing amounts and dates in manners: the guests of neighbouring countries are
// talked to in theirs, whatever language their mail is in.
const (
	Spanish    Language = "es"
	Portuguese Language = "pt"
	English    Language = "en"
)

// manners is how each language writes what is not words.
var manners = map[Language]manner{Spanish: spanishManner, Portuguese: portugueseManner, English: englishManner}

// ParseLanguage returns the language of a tag ("es-AR") or of a browser's Accept-Language ("en;q=0.8, es"): the first that
// there are words in, else Spanish.
func ParseLanguage(tags string) Language {
	for tag := range strings.SplitSeq(tags, ",") {
		tag, _, _ = strings.Cut(tag, ";")
		primary, _, _ := strings.Cut(strings.TrimSpace(tag), "-")
		if lang := Language(strings.ToLower(primary)); catalogue[lang] != nil {
			return lang
		}
	}
	return Spanish
}

// manner is how a language writes what is not words.
type manner struct {
	tag                  string // of BCP 47, for the page
	thousands, decimal   string
	signs                map[string]string // of currencies, by code; the code itself for others
	weekdays             [7]string
	months               []string          // from January, where a day is not written as 4/12; to some that is the 12th of April
	hello, cabin         string            // "Hola", and what a cabin without a name is called
	reasons              map[string]string // why a provider took no payment, by its code; "" for a code nobody knows
	providers            map[string]string // how something was paid
	night, nights        string
	guest, guests        string
	today, tomorrow, day string             // patterns of an instant: %D the date, %T the time
	event                *template.Template // what an event says of its stay
	clock                func(hour, minute int) string
	at                   func(hour int, clock string) string // the same behind a preposition: "las 14 h"
}

func (l Language) manner() manner {
	if m, ok := manners[l]; ok {
		return m
	}
	return manners[Spanish]
}

// Money is an amount as people write it: "$ 120.000", and cents only if there are any, "$ 120.000,50". An unknown currency is
// named by its code; none is pesos.
func (l Language) Money(c money.Cents, currency string) string {
	m := l.manner()
	sign, ok := m.signs[currency]
	if !ok {
		sign = currency
	}
	units, cents, _ := strings.Cut(c.String(), ".")
	units, negative := strings.CutPrefix(units, "-")
	var b strings.Builder
	if negative {
		b.WriteByte('-')
	}
	b.WriteString(sign)
	b.WriteByte(' ')
	for i, digit := range []byte(units) {
		if i > 0 && (len(units)-i)%3 == 0 {
			b.WriteString(m.thousands)
		}
		b.WriteByte(digit)
	}
	if cents != "00" {
		b.WriteString(m.decimal + cents)
	}
	return b.String()
}

// Date is a day as people write it: "vie 4/12", and "vie 4/12/2027" if it is in another year than today. The zero Date is "".
func (l Language) Date(d, today civil.Date) string {
	if d.IsZero() {
		return ""
	}
	year, month, day := d.YMD()
	m, between, name := l.manner(), "/", strconv.Itoa(int(month))
	if m.months != nil {
		between, name = " ", m.months[month-1]
	}
	text := m.weekdays[d.Weekday()] + " " + strconv.Itoa(day) + between + name
	if now, _, _ := today.YMD(); now != year {
		text += between + strconv.Itoa(year)
	}
	return text
}

// Clock is a time of day, from midnight: "14 h", "14:30 h". Seconds are dropped: who is told "until 14:30 h" comes in time.
func (l Language) Clock(sinceMidnight time.Duration) string {
	minutes := int(sinceMidnight/time.Minute) % (24 * 60)
	return l.manner().clock(minutes/60, minutes%60)
}

// clockAt is Clock behind a preposition.
func (l Language) clockAt(sinceMidnight time.Duration) string {
	hour := int(sinceMidnight/time.Hour) % 24
	return l.manner().at(hour, l.Clock(sinceMidnight))
}

// Time is the time that the clocks of a zone show at an instant, as Clock has it; a nil zone is Argentina's time. The zero
// time is "".
func (l Language) Time(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(zoneOf(zone))
	return l.manner().clock(t.Hour(), t.Minute())
}

// Moment is an instant to be put behind "hasta": "las 14:30 h" today, "mañana a las 9 h", "el vie 4/12 a las 14:30 h".
func (l Language) Moment(t, now time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	zone = zoneOf(zone)
	m, local := l.manner(), t.In(zone)
	date, today := civil.Of(t, zone), civil.Of(now, zone)
	pattern := m.day
	switch date.Sub(today) {
	case 0:
		pattern = m.today
	case 1:
		pattern = m.tomorrow
	}
	at := m.at(local.Hour(), m.clock(local.Hour(), local.Minute()))
	return strings.NewReplacer("%D", l.Date(date, today), "%T", at).Replace(pattern)
}

// Nights is "1 noche", "3 noches"; "" for none.
func (l Language) Nights(n int) string { return count(n, l.manner().night, l.manner().nights) }

// Guests is "1 persona", "2 personas"; "" for none.
func (l Language) Guests(n int) string { return count(n, l.manner().guest, l.manner().guests) }

func count(n int, one, many string) string {
	switch {
	case n < 1:
		return ""
	case n == 1:
		return "1 " + one
	default:
		return strconv.Itoa(n) + " " + many
	}
}

// zoneOf is where a cabin stands that does not say: Argentina, which has had one offset all year since 2009.
func zoneOf(zone *time.Location) *time.Location {
	if zone == nil {
		return time.FixedZone("ART", -3*60*60)
	}
	return zone
}

// hello greets by the first name, if it is one.
func (l Language) hello(name string) string {
	return strings.TrimSpace(l.manner().hello + " " + firstName(name))
}

func (l Language) provider(code string) string { return l.manner().providers[code] }

// why is the provider's reason in words; "" if it gave none. Codes come with details that make no difference to the reader,
// so the longest one that begins like it counts.
func (l Language) why(code string) string {
	if code == "" {
		return ""
	}
	reasons := l.manner().reasons
	best := ""
	for known := range reasons {
		if strings.HasPrefix(code, known) && len(known) > len(best) {
			best = known
		}
	}
	return reasons[best]
}
