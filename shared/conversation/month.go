package conversation

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// monthAlone takes a month that is named without its days for when he wants to come: "tenés algo en enero?"
func (t *talk) monthAlone() {
	month := monthOf(t.event.Text)
	if month == 0 || !t.m.CheckIn.IsZero() || !t.m.CheckOut.IsZero() || t.m.Ask != "" || t.m.Code != "" {
		return
	}
	switch t.Step {
	case AskedName, AskedStay, AskedCancel, AskedPay:
		return
	case AskedWhich:
		if slices.ContainsFunc(t.Readings, func(r Wanted) bool { return r.month() == month }) {
			return
		}
	}
	switch t.m.Intent {
	case understanding.Price, understanding.Book, understanding.Availability:
	case understanding.Change:
		if !t.open() {
			return
		}
		t.m.Intent = understanding.Availability
	case understanding.Unknown, understanding.Greeting, understanding.Yes, understanding.No:
		t.m.Intent = understanding.Availability
	case understanding.Services:
		if len(t.m.Topics) != 1 || t.m.Topics[0] != understanding.TopicServices || t.m.Photos {
			return
		}
		t.m.Intent, t.m.Topics = understanding.Availability, nil
	default:
		return
	}
	year, now, _ := t.facts.Today.YMD()
	if month < now {
		year++
	}
	before := t.Wanted.nights()
	if before.Valid() && (t.Wanted.month() == month || strings.HasPrefix(plain(t.event.Text), "de ") || has(t.event.Text, "perdon", "digo", "quise", "era", "equivoque", "disculpa", "sory", "meant", "desculpa", "quis")) {
		_, _, day := before.From.YMD() // the same days of another month
		t.m.CheckIn = civil.New(year, month, day)
		t.m.CheckOut, t.m.Nights = t.m.CheckIn.AddDays(before.Len()), before.Len()
		return
	}
	t.month = civil.New(year, month, 1)
}

func (w Wanted) month() time.Month {
	_, month, _ := w.CheckIn.YMD()
	return month
}

// inMonth wants the stay in a month, for as long as it was wanted before.
func (w *Wanted) inMonth(first civil.Date) {
	if n := w.nights(); n.Valid() {
		w.Nights = n.Len()
	}
	w.Month, w.CheckIn, w.CheckOut = first, civil.Date{}, civil.Date{}
}

// ofThatMonth reads an answer to which days of a month: "la primera quincena".
func (t *talk) ofThatMonth() {
	if t.Step != AskedDates || t.Wanted.Month.IsZero() || says(t.m) || monthOf(t.event.Text) != 0 {
		return
	}
	if t.m.Intent != understanding.Unknown && t.m.Intent != understanding.Availability {
		return
	}
	_, month, _ := t.Wanted.Month.YMD()
	m := t.read(t.event.Text + " de " + t.w.Months[month-1])
	if !m.CheckIn.IsZero() && m.Ask == "" {
		t.m.Dates, t.m.Intent = m.Dates, understanding.Availability
	}
}

// thatWeek takes days of the week for those of the week that is talked about: "mejor de jueves a domingo" of a stay in January.
func (t *talk) thatWeek() {
	in, before := t.m.CheckIn, t.Wanted.nights()
	text := t.event.Text
	if in.IsZero() || !before.Valid() || t.m.Ask != "" || t.Step == AskedWhich || strings.ContainsAny(text, "0123456789") || !namesWeekday(text) {
		return
	}
	if namesMonth(text) || has(text, "este", "esta", "proximo", "proxima", "viene", "semana", "next", "this", "hoy", "mañana", "manana", "vem") {
		return
	}
	if t.m.CheckOut.IsZero() && !has(text, "mejor", "desde", "melhor", "from", "partir") {
		return
	}
	days := before.From.Sub(in) + 3
	if days < 0 {
		days -= 6
	}
	if moved := in.AddDays(days / 7 * 7); !moved.Before(t.facts.Today) {
		if !t.m.CheckOut.IsZero() {
			t.m.CheckOut = moved.AddDays(t.m.CheckOut.Sub(in))
		}
		t.m.CheckIn = moved
	}
}

// weekLater is the same stay seven days later, or earlier: "y una semana después?"
func (t *talk) weekLater() {
	before, days := t.Wanted.nights(), 0
	switch text := t.event.Text; {
	case !before.Valid() || t.Wanted.Held != "" || !t.m.CheckIn.IsZero() || !has(text, "semana", "week"):
	case has(text, "despues", "depois", "later", "after", "siguiente", "seguinte"):
		days = 7
	case has(text, "antes", "anterior", "earlier", "before"):
		days = -7
	}
	if in := before.From.AddDays(days); days != 0 && !in.Before(t.facts.Today) {
		t.m.Dates = understanding.Dates{CheckIn: in, CheckOut: in.AddDays(before.Len()), Nights: before.Len()}
		t.m.Intent, t.m.MoreNights = understanding.Availability, 0
	}
}

func namesWeekday(text string) bool {
	return has(text, "lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo", "segunda", "terca", "quarta", "quinta", "sexta",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}

// namesMonth reports whether a text says in which month something is: by its name, or as 4/1.
func namesMonth(text string) bool {
	for i, r := range text {
		if (r == '/' || r == '-' || r == '.') && i > 0 && i+1 < len(text) && isDigit(text[i-1]) && isDigit(text[i+1]) {
			return true
		}
	}
	return monthOf(text) != 0
}

// monthOf is the month that a text names, or 0. What is short, or is another word as well, is one only after a number, or "de" and
// the like: "cerca del mar" is not in March.
func monthOf(text string) time.Month {
	before := ""
	for word := range strings.FieldsSeq(plain(text)) {
		dated := before != "" && isDigit(before[len(before)-1]) || slices.Contains([]string{"de", "d", "en", "em", "in", "of", "para"}, before)
		for i, names := range monthNames() {
			for j, name := range names {
				brief := j == 0 || name == "may"
				if word == name && (!brief || dated) || !brief && utf8.RuneCountInString(name) > 5 && slip(word, name) {
					return time.Month(i + 1)
				}
			}
		}
		before = word
	}
	return 0
}

// monthNames is what the months are called, as plain has it; what stands first is short.
func monthNames() [12][]string {
	return [12][]string{
		{"ene", "enero", "enro", "janeiro", "january", "jan"},
		{"feb", "febrero", "fevereiro", "february", "fev"},
		{"mar", "marzo", "marco", "march"},
		{"abr", "abril", "april", "apr"},
		{"may", "mayo", "maio"},
		{"jun", "junio", "junho", "june"},
		{"jul", "julio", "julho", "july"},
		{"ago", "agosto", "august", "aug"},
		{"sep", "septiembre", "setiembre", "setembro", "september", "sept"},
		{"oct", "octubre", "outubro", "october"},
		{"nov", "noviembre", "novembro", "november"},
		{"dic", "diciembre", "dezembro", "december", "dez"},
	}
}

// slip reports whether a word is another with one letter too many, too few, another, or two of them the wrong way round.
func slip(word, name string) bool {
	a, b := []rune(word), []rune(name)
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || len(a) < 4 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	rest := string(b[i:])
	switch {
	case i == len(a):
		return true
	case len(a) < len(b):
		return string(a[i:]) == string(b[i+1:])
	case string(a[i+1:]) == string(b[i+1:]):
		return true
	}
	return i+1 < len(a) && string([]rune{a[i+1], a[i]})+string(a[i+2:]) == rest
}
