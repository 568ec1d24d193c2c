package understanding

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// period is a stretch that has a name.
type period struct {
	from, to civil.Date // zero: it has no dates of its own, as "la semana que viene" has none
	vague    bool
	past     bool
}

// running moves the beginning of what has begun to today.
func (r *reader) running(from, to civil.Date) period {
	if from.Before(r.Today) {
		from = r.Today
	}
	return period{from: from, to: to}
}

// period reads a named stretch from token i on.
func (r *reader) period(i int) (period, int, bool) {
	for _, read := range [...]func(int) (period, int, bool){r.weekend, r.holyWeek, r.feast, r.fortnight, r.week, r.wholeMonth, r.partOfMonth} {
		p, end, ok := read(i)
		if !ok {
			continue
		}
		if r.at(end).is(andRole | toRole) {
			if _, after, two := r.feast(end + 1); two {
				return period{vague: true}, after, true // "entre navidad y año nuevo": some nights of them
			}
		}
		return p, end, true
	}
	return period{}, 0, false
}

// weekendAt returns the token after "finde", "fin de semana", "finde de semana", or "feriado".
func (r *reader) weekendAt(i int) (end int, long, ok bool) {
	switch {
	case r.is(i, weekendRole):
		if r.at(i+1).is(ofRole) && r.says(i+2, "semana") {
			return i + 3, false, true
		}
		return i + 1, r.at(i).is(longRole), true
	case r.is(i, endRole) && r.at(i+1).is(ofRole) && r.at(i+2).is(weekRole):
		return i + 3, false, true
	case r.is(i, endRole) && r.at(i+1).is(weekRole):
		return i + 2, false, true
	case r.says(i, "feriado"), r.says(i, "feriadon"), r.says(i, "feriadao"), r.says(i, "puente"), r.says(i, "holiday", "weekend"):
		end = i + 1
		if r.says(end, "weekend") {
			end++
		}
		return end, true, true
	case r.at(i).is(longRole) && r.at(i+1).is(weekendRole):
		return i + 2, true, true
	default:
		return 0, false, false
	}
}

// which is what is said around a weekend: which one of those to come.
type which struct {
	this, coming, other, gone bool
	ordinal                   int
}

// before reads "este", "el próximo", "el otro", "el primer" before a weekend.
func (r *reader) before(i int) (w which, end int) {
	for n := range 3 {
		t := r.at(i)
		switch {
		case t.is(thisRole):
			w.this = true
		case t.is(nextRole):
			w.coming = true
		case t.is(otherRole):
			w.other = true
		case t.word != nil && t.word.ordinal != 0 && t.kind == aWord:
			w.ordinal = int(t.word.ordinal)
		case t.is(theRole) && n == 0 && t.text != "al" && t.text != "del":
		default:
			return w, i
		}
		i++
	}
	return w, i
}

// weekend: Friday to Sunday; on a Saturday from tonight, on a Sunday the one to come. "Este" is the one that runs or the
// nearest; "el próximo" and "el que viene" the nearest that has not begun, so that they are the same from Monday to Thursday.
func (r *reader) weekend(i int) (period, int, bool) {
	w, k := r.before(i)
	k, long, ok := r.weekendAt(k)
	if !ok {
		return period{}, 0, false
	}
	if r.anyOf(i) && w == (which{}) {
		return period{vague: true}, k, true
	}
	for r.at(k).is(longRole) || r.says(k, "extra") {
		long = long || r.at(k).is(longRole)
		k++
	}
	if after, ok := r.coming(k); ok {
		w.coming, k = true, after
	} else if r.at(k).is(otherRole) && r.at(k).text != "other" {
		w.other, k = true, k+1
	} else if r.at(k).is(goneRole) {
		w.gone, k = true, k+1
	}
	if long {
		return r.longWeekend(k, w)
	}
	if p, end, ok := r.weekendOf(k, w); ok {
		return p, end, true
	}
	if w.gone {
		return period{past: true}, k, true
	}
	return r.nearestWeekend(w), k, true
}

// anyOf: "algún finde", "qué findes", "un finde": none in particular.
func (r *reader) anyOf(i int) bool {
	switch r.at(i - 1).text {
	case "que", "un", "algun", "cualquier", "cual", "cuales", "los", "cada", "any", "some", "algum", "mas", "varios", "dos":
		return true
	}
	return r.at(i).text == "findes" || r.at(i).text == "weekends" || r.at(i).text == "fines"
}

func (r *reader) nearestWeekend(w which) period {
	friday := r.Today.AddDays(int(time.Friday - r.Today.Weekday()))
	if r.Today.Weekday() == time.Sunday {
		friday = r.Today.AddDays(5)
	}
	if w.coming && !friday.After(r.Today) || w.other {
		friday = friday.AddDays(7)
	}
	return r.running(friday, friday.AddDays(2))
}

// weekendOf: "el finde del 12", "el primer finde de marzo", "el finde del 14 y 15 de noviembre", "el finde de navidad".
func (r *reader) weekendOf(i int, w which) (period, int, bool) {
	of := r.at(i)
	if w.ordinal != 0 && of.is(ofRole) && r.monthAt(i) != 0 {
		return r.ordinalWeekend(w.ordinal, r.monthAt(i)), i + 2, true
	}
	k := i
	if of.is(ofRole) {
		k++
	}
	if p, end, ok := r.feast(k); ok && !p.from.IsZero() {
		if p.to.Sub(p.from) == 2 {
			return p, end, true // a weekend already
		}
		if f, ok := r.holidays().longWeekend(r.Today, func(f free) bool { return !f.last.Before(p.to) && !f.first.After(p.to) }); ok {
			return r.running(f.stay()), end, true
		}
		return r.around(p.from), end, true
	}
	if !of.is(ofRole|dayRole) && of.kind != aNumber {
		return period{}, 0, false
	}
	d, end, ok := r.day(k, of.is(ofRole|dayRole))
	if !ok || d.noon || r.says(k, "este") {
		return period{}, 0, false
	}
	if r.at(end).is(andRole|toRole) || r.at(end).mark('-') || r.at(end).mark(',') {
		if second, after, ok := r.day(end+1, true); ok && second.day > 0 && second.day-d.day < 4 {
			d.month, d.year, end = max(d.month, second.month), max(d.year, second.year), after
		}
	}
	on, ask := r.resolve(d, r.Today)
	if ask != "" || on.IsZero() {
		return period{}, 0, false
	}
	return r.around(on), end, true
}

// around is the weekend that a day is in, or that is nearest to it.
func (r *reader) around(on civil.Date) period {
	friday := on.AddDays(int(time.Friday - on.Weekday()))
	switch on.Weekday() {
	case time.Sunday:
		friday = on.AddDays(-2)
	case time.Monday, time.Tuesday:
		friday = friday.AddDays(-7)
	}
	return r.running(friday, friday.AddDays(2))
}

// ordinalWeekend goes by Saturdays: that of a month's first one is the month's first weekend.
func (r *reader) ordinalWeekend(n, month int) period {
	first := r.nextMonth(month)
	saturday := first.AddDays((int(time.Saturday-first.Weekday()) + 7) % 7)
	if n < 0 {
		y, m, _ := first.YMD()
		end := civil.New(y, m+1, 0)
		saturday = end.AddDays(-((int(end.Weekday()-time.Saturday) + 7) % 7))
	} else {
		saturday = saturday.AddDays(7 * (n - 1))
	}
	return r.running(saturday.AddDays(-1), saturday.AddDays(1))
}

func (r *reader) holidays() *Holidays {
	if r.Holidays == nil {
		r.Holidays = usual()
	}
	return r.Holidays
}

// longWeekend: "finde largo", "… de agosto", "… del 12 de octubre", "… de carnaval".
func (r *reader) longWeekend(i int, w which) (period, int, bool) {
	meant, end := func(free) bool { return true }, i
	var named civil.Date
	of := r.at(i).is(ofRole)
	k := i
	if of {
		k++
	}
	if p, after, ok := r.feast(k); ok && !p.from.IsZero() {
		meant, end = func(f free) bool { return !f.last.Before(p.from) && !f.first.After(p.to) }, after
	} else if p, after, ok := r.holyWeek(k); ok {
		meant, end = func(f free) bool { return f.last == p.to }, after
	} else if month := r.monthAt(i); month != 0 {
		meant, end = func(f free) bool { return f.workdayIn(month) }, k+1
	} else if d, after, ok := r.day(k, of); ok && of && d.day > 0 {
		if on, ask := r.resolve(d, r.Today.AddDays(-4)); ask == "" {
			named = on
			on = r.holidays().kept(on)
			meant, end = func(f free) bool { return !on.Before(f.first.AddDays(-1)) && !on.After(f.last.AddDays(1)) }, after
		}
	}
	f, ok := r.holidays().longWeekend(r.Today, meant)
	if !ok || f.first.Sub(r.Today) > 366 {
		if !named.IsZero() && !named.Before(r.Today) {
			return r.around(named), end, true
		}
		return period{vague: true}, end, true
	}
	from, to := f.stay()
	if w.coming && !from.After(r.Today) || w.other {
		if next, ok := r.holidays().longWeekend(f.last, meant); ok {
			from, to = next.stay()
		}
	}
	return r.running(from, to), end, true
}

// orNext: "December 5 or 6"; "este finde o el que viene", "el viernes o el otro": the same a week later. It returns the token to go on at.
func (r *reader) orNext(it item) int {
	i := it.end
	if n, ok := r.number(i + 1); ok && r.at(i).is(orRole) && it.sort == aDay && it.from.month != 0 && n > it.from.day && n <= 31 && r.ends(i+2) {
		d := it.from
		d.day, d.bad = n, n > longestMonth(d.year, d.month)
		r.take(i+1, i+2, asDate)
		r.items = append(r.items, item{sort: aDay, from: d, at: i + 1, end: i + 2})
		return i + 2
	}
	if !r.at(i).is(orRole) || !r.at(i+1).is(theRole|forRole) && r.at(i+1).text != "la" {
		return i
	}
	for i++; r.at(i).is(theRole|forRole) || r.at(i).text == "la"; i++ {
	}
	end, ok := r.coming(i)
	if !ok && r.at(i).is(otherRole) {
		end, ok = i+1, true
	}
	if !ok || r.at(end).is(weekendRole|weekRole|endRole) || r.weekdayAt(end) != 0 {
		return it.end
	}
	next := item{sort: it.sort, at: it.end + 1, end: end}
	switch {
	case it.sort == aPeriod && !it.period.vague && it.period.to.Sub(it.period.from) <= 3:
		sunday := it.period.to
		next.period = period{from: sunday.AddDays(5), to: sunday.AddDays(7)}
	case it.sort == aDay && it.from.weekday != 0 && it.from.day == 0 && it.from.weeks == 0:
		on, _ := r.resolve(it.from, r.Today)
		next.from = day{fixed: on.AddDays(7)}
	default:
		return it.end
	}
	r.take(it.end+1, end, asDate)
	r.items = append(r.items, next)
	return end
}
