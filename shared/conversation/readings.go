package conversation

import (
	"slices"
	"strconv"

	"github.com/eevans-d/sist-cabanas/shared/chat"
	"github.com/eevans-d/sist-cabanas/shared/civil"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// askWhich asks which of two dates was meant.
func (t *talk) askWhich() {
	var readings []Wanted
	for _, r := range t.m.Readings[:min(len(t.m.Readings), 2)] {
		w := t.Wanted
		w.CheckIn, w.CheckOut, w.Month = r.CheckIn, r.CheckOut, civil.Date{}
		if w.CheckOut.IsZero() && r.Nights > 0 {
			w.CheckOut = w.CheckIn.AddDays(r.Nights)
		}
		if w.CheckOut.IsZero() && w.Nights > 0 {
			w.CheckOut = w.CheckIn.AddDays(w.Nights)
		}
		readings = append(readings, w)
	}
	t.which(readings)
}

// which asks which of some dates was meant. They stand in full in the message, since a button has room for hardly more than the
// days.
func (t *talk) which(readings []Wanted) {
	t.ask(AskedWhich)
	t.Readings = readings
	var buttons []chat.Button
	var list []string
	for _, w := range readings {
		when := t.date(w.CheckIn)
		if !w.CheckOut.IsZero() {
			when = t.span(w.nights())
		}
		list = append(list, "• "+when)
		buttons = append(buttons, t.button(t.readingTitle(w), "want", w.code()))
	}
	t.say(paragraphs(t.w.AskWhich, lines(list...)), buttons...)
}

// readingTitle is dates as briefly as a button needs them.
func (t *talk) readingTitle(w Wanted) string {
	years := slices.ContainsFunc(t.Readings, func(r Wanted) bool { return year(r.CheckIn) != year(w.CheckIn) })
	title := t.lang.Date(w.CheckIn, w.CheckIn)
	if !w.CheckOut.IsZero() {
		title = t.brief(w.nights())
	}
	if years || chat.Cut(title, chat.MaxButtonTitle) != title {
		return short(w, years)
	}
	return title
}

func year(d civil.Date) int {
	y, _, _ := d.YMD()
	return y
}

// short is dates where there is hardly any room: "1/12 → 3/12", or "1/12/26 → 3/12/26".
func short(w Wanted, years bool) string {
	one := func(d civil.Date) string {
		y, month, day := d.YMD()
		said := strconv.Itoa(day) + "/" + strconv.Itoa(int(month))
		if years {
			said += "/" + strconv.Itoa(y%100)
		}
		return said
	}
	if w.CheckOut.IsZero() {
		return one(w.CheckIn)
	}
	return one(w.CheckIn) + " → " + one(w.CheckOut)
}

// clear reports whether both readings of a date can be put on a button.
func (t *talk) clear() bool {
	return len(t.m.Readings) > 1 && !t.m.Readings[0].CheckIn.IsZero() && !t.m.Readings[1].CheckIn.IsZero()
}

// choosesReading takes the answer to which of some stays, where it is neither a date nor a button: its place, its month, its
// cabin, or yes to the only one.
func (t *talk) choosesReading() bool {
	if t.Step != AskedWhich || len(t.Readings) == 0 || dated(t.m) || counted(t.m) || len(t.m.Topics) > 0 {
		return false
	}
	n, month := ordinal(t.event.Text), monthOf(t.event.Text)
	cabin := t.cabinNamed(t.m.Cabin)
	i := slices.IndexFunc(t.Readings, func(r Wanted) bool {
		_, m, _ := r.CheckIn.YMD()
		return month != 0 && m == month || month == 0 && cabin != 0 && r.Cabin == cabin && len(t.Readings) > 1
	})
	switch {
	case n > 0 && n <= len(t.Readings):
		i = n - 1
	case i < 0 && t.m.Intent == understanding.Yes && len(t.Readings) == 1:
		i = 0
	case i < 0:
		return false
	}
	t.understood()
	t.take(t.Readings[i])
	t.heardAs()
	t.pursue()
	return true
}

// take wants what was offered.
func (t *talk) take(w Wanted) { t.Wanted, t.m.Ask = w, "" }

// thatReading takes a day for the one of the readings that has it, and reports whether there is one.
func (t *talk) thatReading() bool {
	if namesMonth(t.event.Text) {
		return false
	}
	if n, err := strconv.Atoi(plain(t.event.Text)); err == nil && n > 0 && n <= len(t.Readings) && !t.hasDay(n) {
		t.m.CheckIn, t.m.CheckOut, t.m.Nights, t.m.Ask = civil.Date{}, civil.Date{}, 0, "" // its place
		return true
	}
	if t.m.CheckIn.IsZero() {
		return false
	}
	_, _, day := t.m.CheckIn.YMD()
	for _, r := range t.Readings {
		if _, _, same := r.CheckIn.YMD(); same != day {
			continue
		}
		t.m.CheckIn, t.m.Ask = r.CheckIn, ""
		if t.m.Nights == 0 {
			t.m.CheckOut = r.CheckOut
		} else {
			t.m.CheckOut = r.CheckIn.AddDays(t.m.Nights)
		}
		return true
	}
	return false
}

func (t *talk) hasDay(day int) bool {
	return slices.ContainsFunc(t.Readings, func(r Wanted) bool {
		_, _, d := r.CheckIn.YMD()
		return d == day
	})
}

// dayOrMonth asks back who writes 5/6 in English: it is May to some of them and June to others.
func (t *talk) dayOrMonth() {
	if t.m.Language != understanding.English && t.Language != understanding.English || t.m.CheckIn.IsZero() || t.m.Ask != "" || t.Step == AskedWhich {
		return
	}
	swapped := swapDays(t.event.Text)
	if swapped == t.event.Text {
		return
	}
	m := t.read(swapped)
	if m.CheckIn.IsZero() || m.Ask != "" || m.CheckIn == t.m.CheckIn || m.CheckOut.IsZero() != t.m.CheckOut.IsZero() {
		return
	}
	t.m.Readings = []understanding.Dates{t.m.Dates, m.Dates}
	t.m.Dates, t.m.Ask = understanding.Dates{}, understanding.AmbiguousDate
}

// swapDays is a text with 5/6 as 6/5, and all other words as they are.
func swapDays(text string) string {
	out := []byte(text)
	digits := func(i int) int { // how many stand from there on
		n := 0
		for i+n < len(text) && isDigit(text[i+n]) {
			n++
		}
		return n
	}
	var b []byte
	for i := 0; i < len(out); {
		a := digits(i)
		if a == 0 || a > 2 || i+a >= len(out) || out[i+a] != '/' || i > 0 && out[i-1] == '/' {
			b = append(b, out[i:i+max(a, 1)]...)
			i += max(a, 1)
			continue
		}
		c := digits(i + a + 1)
		if c == 0 || c > 2 {
			b = append(b, out[i:i+a+1]...)
			i += a + 1
			continue
		}
		b = append(b, out[i+a+1:i+a+1+c]...)
		b = append(append(b, '/'), out[i:i+a]...)
		i += a + 1 + c
	}
	return string(b)
}
