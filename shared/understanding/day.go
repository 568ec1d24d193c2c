package understanding

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// day is a date as far as it was said.
type day struct {
	year, month, day int        // 0 = not said
	weekday          int        // 1 for Sunday; 0 = not said
	weeks            int        // further than the next such weekday
	coming           bool       // "el viernes que viene": today is not meant
	past             bool       // "ayer"
	bad              bool       // no calendar has it
	fixed            civil.Date // what is known without a calendar: "mañana"
	noon             bool       // it was one of the words for today and tomorrow
}

// bare reports whether only the number of the day is known.
func (d day) bare() bool {
	return d.day > 0 && d.month == 0 && d.weekday == 0
}

// day reads a date from token i on, and returns the token after it. A number on its own is one only where the caller, or an
// article, says that a day comes here.
func (r *reader) day(i int, expected bool) (day, int, bool) {
	for n := 0; n < 3 && (r.is(i, theRole|dayRole) && !r.at(i).is(untilRole) || r.at(i).is(thisRole) && r.at(i+1).is(dayRole)); n++ {
		expected = true
		i++
	}
	if d, end, ok := r.numeric(i); ok {
		return d, end, true
	}
	if d, end, ok := r.weekday(i); ok {
		return d, end, true
	}
	if d, end, ok := r.dayOfMonth(i, expected); ok {
		return d, end, true
	}
	if d, end, ok := r.monthAndDay(i); ok {
		return d, end, true
	}
	return r.relative(i)
}

// numeric: 15/12, 15-12-26, 15.12.2026, 2026-12-15.
func (r *reader) numeric(i int) (day, int, bool) {
	first, mark, second := r.at(i), r.at(i+1), r.at(i+2)
	slash, dash, dot := mark.mark('/'), mark.mark('-'), mark.mark('.')
	if !slash && !dash && !dot || first.kind != aNumber || second.kind != aNumber || first.use != unread || second.use != unread {
		return day{}, 0, false
	}
	if (mark.gap || second.gap) && !slash {
		return day{}, 0, false
	}
	third := r.at(i + 4)
	if next := r.at(i + 3); third.kind == aNumber && !next.gap && !third.gap && next.text == mark.text && third.use == unread {
		if first.digits == 4 {
			return dated(first.number, second.number, third.number), i + 5, true
		}
		if third.digits == 2 || third.digits == 4 {
			return r.dayFirst(first, second, century(third.number)), i + 5, true
		}
	}
	if first.digits > 2 || second.digits > 2 || r.at(i+3).is(countedRole) {
		return day{}, 0, false
	}
	if r.monthAt(i+3) != 0 || !slash && (second.number > 12 || dot && r.at(i+3).gap && second.digits == 2 && second.number > 12) {
		return day{}, 0, false // 10-14: a stretch
	}
	year, end := r.yearAt(i + 3)
	return r.dayFirst(first, second, year), end, true
}

// dayFirst is how Argentina and Brazil write dates. In English the month may come first, where it cannot be otherwise.
func (r *reader) dayFirst(first, second *token, year int) day {
	if r.tongue == inEnglish && second.number > 12 && first.number <= 12 {
		first, second = second, first
	}
	return dated(year, second.number, first.number)
}

// dated is a day and a month, and perhaps a year, which no calendar may have.
func dated(year, month, n int) day {
	d := day{year: year, month: month, day: n}
	d.bad = month < 1 || month > 12 || n < 1 || n > longestMonth(year, month)
	return d
}

// longestMonth is the days of a month; of a February of an unknown year, 29.
func longestMonth(year, month int) int {
	if year == 0 {
		year = 2028
	}
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func century(year int) int {
	if year < 100 {
		return 2000 + year
	}
	return year
}

// yearAt reads ", de 2027", "del 27" after a month.
func (r *reader) yearAt(i int) (year, end int) {
	k := i
	if r.at(k).is(ofRole) || r.at(k).mark(',') {
		k++
	}
	if r.at(k).text == "ano" && k > i {
		k++
	}
	t := r.at(k)
	switch {
	case t.kind != aNumber || t.use != unread:
		return 0, i
	case t.digits == 4 && t.between(1990, 2100):
		return t.number, k + 1
	case t.digits == 2 && t.between(24, 40) && k > i && !r.at(i).mark(',') && !r.at(k+1).is(toRole) && r.monthAt(k+1) == 0 && !r.at(k+1).mark('/'):
		return 2000 + t.number, k + 1
	default:
		return 0, i
	}
}

// dayOfMonth: "15 de diciembre", "1ro d enero", "quince", "15 del 12", "5 de este mes".
func (r *reader) dayOfMonth(i int, expected bool) (day, int, bool) {
	t := r.at(i)
	var n int
	end := i + 1
	switch {
	case t.kind == aNumber && t.digits <= 2 && t.use == unread:
		n = t.number
		if r.ordinalEnding(end) {
			end++
		}
	case t.word != nil && t.word.ordinal == 1 && (r.monthAt(i+1) != 0 || expected && t.text == "primero" && r.at(i+1).is(toRole)):
		n = 1
	case t.kind == aWord && t.number > 0 && !vague(t) && t.use == unread:
		if _, ok := r.number(i); !ok {
			return day{}, 0, false
		}
		n = t.number
	default:
		return day{}, 0, false
	}
	if month := r.monthAt(end); month != 0 && !r.loneMar(end) {
		if r.at(end).is(ofRole) {
			end++
		}
		year, after := r.yearAt(end + 1)
		return dated(year, month, n), after, true
	}
	if d, after, ok := r.monthByNumber(n, end); ok && expected {
		return d, after, true
	}
	if r.at(end).is(countedRole|personRoles|lengthRoles) || r.at(end).is(dayRole) && n != 1 || !expected || r.at(end).mark('/') || r.at(end).mark('%') {
		return day{}, 0, false
	}
	d := day{day: n, bad: n < 1 || n > 31}
	return d, end, true
}

// loneMar keeps "15 mar" apart from "el 15 mar…": a short month that is a word of its own follows its number at once.
func (r *reader) loneMar(i int) bool {
	return r.at(i).is(shortRole) && r.at(i).text == "out" && r.tongue != inPortuguese
}

func (r *reader) ordinalEnding(i int) bool {
	t := r.at(i)
	if t.gap || t.kind != aWord {
		return false
	}
	switch t.text {
	case "ro", "ero", "era", "er", "do", "da", "ra", "to", "ta", "mo", "vo", "no", "th", "st", "nd", "rd", "o", "a":
		return true
	}
	return false
}

// monthByNumber: "15 del 12", "5 de este mes", "3 del mes que viene".
func (r *reader) monthByNumber(n, i int) (day, int, bool) {
	of := r.at(i)
	if !of.is(ofRole) {
		return day{}, 0, false
	}
	today, thisMonth, _ := r.Today.YMD()
	k := i + 1
	if r.at(k).is(thisRole|theRole) && r.at(k+1).is(monthRole) {
		k++
	}
	if r.at(k).is(monthRole) || r.says(k, "corriente") {
		month, end := int(thisMonth), k+1
		if after, ok := r.coming(end); ok {
			month, end = month+1, after
		}
		first := civil.New(today, time.Month(month), 1)
		y, m, _ := first.YMD()
		return dated(y, int(m), n), end, true
	}
	month := r.at(k)
	if of.text != "del" && of.text != "d" && of.text != "do" || month.kind != aNumber || month.digits > 2 || !month.between(1, 12) || month.use != unread || r.at(k+1).is(toRole) || r.at(k+1).mark('/') {
		return day{}, 0, false
	}
	year, end := r.yearAt(k + 1)
	return dated(year, month.number, n), end, true
}

// monthAndDay: "January 15th", "enero 15".
func (r *reader) monthAndDay(i int) (day, int, bool) {
	month, n := r.at(i), r.at(i+1)
	if month.word == nil || month.word.month == 0 || n.kind != aNumber || n.digits > 2 || n.use != unread || month.text == "out" && r.tongue != inPortuguese {
		return day{}, 0, false // "check out 8 de enero"
	}
	end := i + 2
	if r.ordinalEnding(end) {
		end++
	}
	if r.at(end).is(countedRole|dayRole) || r.at(end).mark('/') || r.at(end).is(toRole) && r.at(end+1).is(personRoles) {
		return day{}, 0, false
	}
	year, end := r.yearAt(end)
	return dated(year, int(month.word.month), n.number), end, true
}

// coming reads "que viene", "próximo" after what it says more of.
func (r *reader) coming(i int) (end int, ok bool) {
	switch {
	case r.at(i).is(thatRole) && r.at(i+1).is(comesRole):
		return i + 2, true
	case r.at(i).is(nextRole):
		return i + 1, true
	default:
		return i, false
	}
}

// relative: "hoy", "mañana", "pasado mañana", "pasado", "ayer", "dentro de 3 días".
func (r *reader) relative(i int) (day, int, bool) {
	t := r.at(i)
	if t.use != unread {
		return day{}, 0, false
	}
	in := func(days int) day { return day{fixed: r.Today.AddDays(days), noon: true} }
	switch {
	case t.is(yesterdayRole):
		return day{past: true, noon: true}, i + 1, true
	case t.is(todayRole), t.is(thisRole) && r.at(i+1).is(nightRole):
		end := i + 1
		for r.at(end).is(nightRole) || r.says(end, "mismo") || r.says(end, "a", "la") {
			end++
		}
		return in(0), end, true
	case t.is(afterRole):
		return r.afterTomorrow(i)
	case r.says(i, "day", "after", "tomorrow"):
		return in(2), i + 3, true
	case t.is(tomorrowRole) && !r.morning(i):
		return in(1), r.sameDay(i+1, 1), true
	case t.is(inRole) && (t.text != "no" && t.text != "na"):
		k := i + 1
		if r.at(k).is(ofRole) {
			k++
		}
		n, ok := r.number(k)
		if ok && r.at(k+1).is(dayRole) && n <= 365 {
			return in(n), k + 2, true
		}
		if ok && r.at(k+1).is(weekRole) && n <= 52 {
			return in(7 * n), k + 2, true
		}
	}
	return day{}, 0, false
}

// sameDay skips the date of a day that is known already: "mañana 24".
func (r *reader) sameDay(i, days int) int {
	_, _, n := r.Today.AddDays(days).YMD()
	if t := r.at(i); t.kind == aNumber && t.number == n && t.use == unread && !r.at(i+1).is(countedRole) {
		return i + 1
	}
	return r.partOfDay(i)
}

// afterTomorrow: "pasado mañana", "pasado" alone, "depois de amanhã"; but not "el año pasado".
func (r *reader) afterTomorrow(i int) (day, int, bool) {
	k := i + 1
	if r.at(k).is(ofRole) {
		k++
	}
	d := day{fixed: r.Today.AddDays(2), noon: true}
	if r.at(k).is(tomorrowRole) {
		return d, r.partOfDay(k + 1), true
	}
	if r.at(i).text == "pasadomanana" {
		return d, r.partOfDay(i + 1), true
	}
	before := r.at(i - 1)
	if r.at(i).text != "pasado" || before.is(weekendRole|dayRole|monthRole|weekRole|nightRole) || before.word != nil && (before.word.weekday != 0 || before.word.month != 0) || before.text == "ano" || before.is(theRole) && before.text != "al" || before.text == "ha" {
		return day{}, 0, false
	}
	return d, i + 1, true
}

// morning tells the morning from tomorrow: "a la mañana", "por la mañana", "de mañana".
func (r *reader) morning(i int) bool {
	before := r.at(i - 1)
	return before.says("la") || before.says("esta") || before.is(ofRole) && r.at(i-2).kind != aWord && !r.at(i+1).is(toRole) || before.says("cada") || before.says("cafe") || before.is(ofRole) && r.at(i-2).says("cafe")
}

// partOfDay skips "a la noche", "por la tarde", "temprano".
func (r *reader) partOfDay(i int) int {
	if (r.says(i, "a", "la") || r.says(i, "por", "la") || r.says(i, "en", "la")) && (r.at(i+2).is(nightRole|tomorrowRole) || r.says(i+2, "tarde")) {
		return i + 3
	}
	if r.says(i, "noche") || r.says(i, "tarde") || r.says(i, "temprano") {
		return i + 1
	}
	return i
}
