package understanding

// weekday: "viernes", "sábado 12", "el viernes que viene", "este viernes", "next friday", "jueves santo".
func (r *reader) weekday(i int) (day, int, bool) {
	k, coming := i, false
	if r.at(k).is(nextRole) || r.at(k).is(thisRole) {
		coming = r.at(k).is(nextRole)
		k++
	}
	w := r.weekdayAt(k)
	if w == 0 {
		return day{}, 0, false
	}
	k++
	if r.at(k).mark('-') && r.says(k+1, "feira") {
		k += 2
	} else if r.says(k, "feira") {
		k++
	}
	if r.says(k, "santo") || r.says(k, "santa") {
		return r.holy(w), k + 1, true
	}
	if d, end, ok := r.dateOfWeekday(k); ok {
		d.weekday = w
		return d, end, true
	}
	d := day{weekday: w, coming: coming}
	return r.whichWeek(d, k)
}

// weekdayAt returns the weekday named at i. "Segunda" and its sisters are ordinals, unless the text is Portuguese; "sun" and
// "sat" are days in English only.
func (r *reader) weekdayAt(i int) int {
	t := r.at(i)
	if t.word == nil || t.word.weekday == 0 || t.use != unread {
		return 0
	}
	if !t.is(shortRole) || t.text == "dom" {
		return int(t.word.weekday)
	}
	switch t.text {
	case "segunda", "terca", "quarta", "quinta", "sexta", "ter", "qua", "qui", "sex", "seg":
		feira := r.says(i+1, "feira") || r.at(i+1).mark('-') && r.says(i+2, "feira")
		if feira || r.tongue == inPortuguese && !r.at(i+1).is(fortnightRole|weekRole|cabinRole) {
			return int(t.word.weekday)
		}
	case "sun", "sat", "mon", "wed", "fri", "tue", "thu":
		if r.tongue == inEnglish {
			return int(t.word.weekday)
		}
	}
	return 0
}

// dateOfWeekday is the date beside a weekday: "viernes 16/10", "sábado, 12 de diciembre", "domingo 10".
func (r *reader) dateOfWeekday(i int) (day, int, bool) {
	if r.at(i).mark(',') {
		i++
	}
	for r.at(i).is(theRole) && r.at(i).text != "al" && r.at(i).text != "ao" || r.at(i).is(dayRole) {
		i++
	}
	if d, end, ok := r.numeric(i); ok {
		return d, end, true
	}
	if d, end, ok := r.monthAndDay(i); ok {
		return d, end, true
	}
	if r.at(i).kind != aNumber {
		if d, end, ok := r.dayOfMonth(i, false); ok {
			return d, end, true
		}
		return day{}, 0, false
	}
	return r.dayOfMonth(i, true)
}

// whichWeek reads what follows a weekday: "que viene", "próximo", "de la semana que viene", "de la otra semana", "pasado".
func (r *reader) whichWeek(d day, i int) (day, int, bool) {
	if end, ok := r.coming(i); ok {
		d.coming = true
		return d, end, true
	}
	if r.at(i).is(goneRole) && !r.at(i+1).is(tomorrowRole) && r.at(i).text != "last" {
		d.past = true
		return d, i + 1, true
	}
	k := i
	if r.at(k).is(ofRole) {
		k++
	}
	for r.at(k).says("la") || r.at(k).says("a") && k > i {
		k++
	}
	if k == i {
		return d, r.partOfDay(i), true
	}
	next := r.at(k).is(nextRole | otherRole)
	if next {
		k++
	}
	if !r.at(k).is(weekRole) {
		return d, r.partOfDay(i), true
	}
	k++
	if after, ok := r.coming(k); ok {
		next, k = true, after
	}
	if next {
		d.weeks = 1
		return d, k, true
	}
	return d, i, true
}

// holy is a weekday of holy week.
func (r *reader) holy(weekday int) day {
	thursday, _ := r.easter()
	return day{fixed: thursday.AddDays(weekday - 5)} // 5 is Thursday
}
