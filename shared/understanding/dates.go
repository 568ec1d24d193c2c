package understanding

// sort is what an item says of a stay.
type sort uint8

const (
	aDay     sort = iota + 1
	aStretch      // from a day to another
	aPeriod       // one that has a name
	aLength       // nights
	aMonth        // "en enero"
)

// item is something that a text says of when, or for how long.
type item struct {
	sort     sort
	from, to day
	period   period
	nights   int
	at, end  int  // its tokens
	arrives  bool // it was said to be the beginning
	leaves   bool // it was said to be the end
	or       bool // instead of the one before it
	refused  bool // "el 15 no puedo"
	existing bool // of a stay that there is already
	nightly  bool // "las noches del 24 y 25": the second is a night, too
	errand   bool // the day of something else: "mañana te confirmo"
}

// mostItems is how many of them are read: whoever writes more wants no stay.
const mostItems = 64

// dates finds all items. What was found is not looked at again, so the longest reading comes first.
func (r *reader) dates() {
	for i := 0; i < len(r.tokens) && len(r.items) < mostItems; {
		if t := &r.tokens[i]; t.use == unread && (t.kind == aNumber || t.word.when()) {
			if it, ok := r.item(i); ok && it.end > i {
				r.take(i, it.end, asDate)
				r.items = append(r.items, it)
				i = r.orNext(it)
				continue
			}
		}
		i++
	}
	for i := range r.items {
		r.circumstances(i)
	}
}

func (r *reader) item(i int) (item, bool) {
	switch r.at(i - 1).text {
	case "feliz", "felices", "buen", "lindo", "linda", "hermoso", "happy", "merry", "bom":
		return item{}, false // wishes
	}
	if p, end, ok := r.period(i); ok {
		return item{sort: aPeriod, period: p, at: i, end: end}, true
	}
	if it, ok := r.stretch(i); ok {
		return it, true
	}
	if n, end, ok := r.length(i); ok {
		return item{sort: aLength, nights: n, at: i, end: end}, true
	}
	if it, ok := r.single(i); ok {
		return it, true
	}
	return r.loneMonth(i)
}

// stretch: "del 15 al 20 de diciembre", "15 al 18", "10-14 enero", "entre el 8 y el 12", "de viernes a domingo".
func (r *reader) stretch(i int) (item, bool) {
	k, opened := i, false
	for n := 0; n < 3 && (r.is(k, fromRole|ofRole|forRole) || r.says(k, "a") && r.says(k+1, "partir")); n++ {
		opened = opened || r.at(k).is(fromRole) || r.at(k).is(ofRole) && r.tongue == inPortuguese
		k++
	}
	if t := r.at(i); t.text == "pal" {
		opened = true
	}
	from, end, ok := r.day(k, true)
	if !ok {
		return item{}, false
	}
	if from.bare() && r.at(i-1).is(areRole) && !r.says(i, "del") && !r.says(i, "desde") && !r.at(i-1).is(arriveRole) {
		return item{}, false // "somos entre 8 y 10"
	}
	article := r.at(k).is(theRole)
	if r.at(end).mark(',') {
		end++
	}
	if r.says(end, "hs") || r.says(end, "mas") {
		return item{}, false
	}
	end = r.enumerated(from, end)
	join, next, ok := r.join(end)
	if !ok {
		return item{}, false
	}
	to, last, ok := r.day(next, true)
	if !ok || to.past || from.past || to.noon && !to.fixed.After(from.fixed) {
		return item{}, false
	}
	if from.bare() && to.bare() && !r.bareStretch(join, opened, article, next) {
		return item{}, false
	}
	if join == andRole && !opened && (from.bare() != to.bare() && !to.bare() && !article && from.bare() && r.at(next).is(forRole)) {
		return item{}, false
	}
	it := item{sort: aStretch, from: from, to: to, at: i, end: last}
	it.nightly = join == andRole && (r.at(i-1).is(nightRole) || r.at(i-2).is(nightRole))
	return it, true
}

// enumerated skips the days between the first and the last: "viernes, sábado y domingo", "el 10, 11 y 12 de enero".
func (r *reader) enumerated(from day, end int) int {
	for range 4 {
		k := end
		if r.at(k-1).mark(',') || from.weekday != 0 && from.day == 0 {
			if d, after, ok := r.day(k, true); ok && d.month == 0 && (r.at(after).is(andRole) || r.at(after).mark(',')) && (d.bare() == from.bare()) && d.fixed.IsZero() {
				if end = after; r.at(after).mark(',') {
					end++
				}
				continue
			}
		}
		break
	}
	return end
}

// bareStretch decides whether two numbers alone are days: "15 al 18" are, "4 a 6" are not.
func (r *reader) bareStretch(join role, opened, article bool, next int) bool {
	switch join {
	case untilRole, toRole:
		t := r.at(next - 1)
		return opened || article || t.text != "a" && t.text != "to" || r.at(next).is(theRole)
	case andRole:
		return opened || article
	default: // a dash
		return opened || article || r.at(next-1).kind == aMark
	}
}

// join reads what stands between the two days of a stretch, and says which kind it is.
func (r *reader) join(i int) (join role, next int, ok bool) {
	t := r.at(i)
	switch {
	case t.is(untilRole):
		join = untilRole
	case t.is(toRole):
		join = toRole
	case t.mark('-'), t.mark('>'), t.mark('/') && !t.gap && r.at(i+1).kind == aNumber:
		for r.at(i+1).mark('>') || r.at(i+1).mark('-') {
			i++
		}
		return 0, i + 1, true
	case t.is(andRole):
		join = andRole
	default:
		return 0, i, false
	}
	next = i + 1
	if r.says(next, "a") || r.says(next, "al") || r.says(next, "ao") {
		next++
	}
	return join, next, true
}

// length: "3 noches", "una semana", "un par de noches", "5 días", "quince días", "two weeks".
func (r *reader) length(i int) (nights, end int, ok bool) {
	n, ok := r.number(i)
	k := i + 1
	switch {
	case ok && r.at(k).text == "par":
		n, k = 2, k+1
		if r.at(k).is(ofRole) {
			k++
		}
	case r.says(i, "par") && r.at(k).is(ofRole):
		n, k = 2, k+1
	case !ok:
		return 0, 0, false
	}
	if r.at(k).is(orRole) || r.at(k).is(toRole) && r.at(k).text == "a" || r.at(k).mark('/') || r.at(k).mark('-') {
		if _, more := r.number(k + 1); more && r.at(k+2).is(lengthRoles|dayRole) {
			return 0, k + 3, true // "2 o 3 noches": not known yet
		}
	}
	if r.at(k).is(plusRole) && r.at(k+1).is(nightRole|dayRole) {
		k++
	}
	if r.says(k, "sola") || r.says(k, "solas") || r.says(k, "unica") {
		k++
	}
	return r.lengthOf(i, k, n)
}

// lengthOf is n of what token k counts, if that is nights or what they are made of; token i is the first.
func (r *reader) lengthOf(i, k, n int) (nights, end int, ok bool) {
	switch t := r.at(k); {
	case t.is(dayRole) && (n > 1 || t.kind == aWord && !r.at(k+1).is(ofRole)), t.is(nightRole):
		if vague(r.at(i)) && t.is(dayRole) && !r.at(k+1).is(plusRole) && r.at(k+1).text != "menos" && !r.at(i).is(forRole) && !r.at(i-1).is(forRole) {
			return 0, 0, false // "un día": some day
		}
	case t.is(weekRole):
		n *= 7
	case t.is(fortnightRole):
		n *= 15
	default:
		return 0, 0, false
	}
	if r.at(k+1).is(andRole) || r.at(k+1).mark('/') || r.at(k+1).mark(',') || r.at(k+1).mark('-') {
		if more, ok := r.number(k + 2); ok && r.at(k).is(dayRole) && r.at(k+3).is(nightRole) {
			return more, k + 4, true // "5 días, 4 noches"
		}
	}
	if n < 1 || n > 366 {
		return 0, 0, false
	}
	return n, k + 1, true
}

// single is a day on its own, with what says that one comes: an article, "para", "entrada", "desde".
func (r *reader) single(i int) (item, bool) {
	expected := r.alone()
	if t := r.at(i - 1); t.is(theRole|fromRole|dayRole|untilRole) && t.text != "de" && t.text != "entre" || t.is(movementRole) {
		expected = true
	}
	if r.at(i+1).is(orRole) && r.at(i).kind == aNumber {
		_, _, either := r.dayOfMonth(i+2, false) // "5 o 6 de octubre"
		expected = expected || either
	}
	d, end, ok := r.day(i, expected || r.checkAt(i-1))
	if !ok || d.bare() && d.day < 16 && r.both(end-2) {
		return item{}, false
	}
	return item{sort: aDay, from: d, at: i, end: end}, true
}

// both: "los dos", "para los 4" are people.
func (r *reader) both(i int) bool {
	return r.at(i).text == "los" || r.at(i).text == "las" && r.at(i+1).kind == aWord
}

// checkAt: "check in", "check-out", "in:", before a day.
func (r *reader) checkAt(i int) bool {
	if r.at(i).mark(':') {
		i--
	}
	t := r.at(i)
	return (t.text == "in" || t.text == "out") && (r.says(i-1, "check") || r.at(i-1).mark('-') || r.at(i+1).mark(':')) || r.at(i+1).mark(':') && t.is(arriveRole|leaveRole|dayRole)
}

// loneMonth: "en enero", which is no date, but says which month others are in.
func (r *reader) loneMonth(i int) (item, bool) {
	t := r.at(i)
	if t.word == nil || t.word.month == 0 || t.use != unread || t.is(shortRole) && !r.at(i-1).is(inRole) || t.number > 0 {
		return item{}, false
	}
	year, end := r.yearAt(i + 1)
	if r.month == 0 {
		r.month, r.year = int(t.word.month), year
	}
	return item{sort: aMonth, from: day{month: int(t.word.month), year: year}, at: i, end: end}, true
}
