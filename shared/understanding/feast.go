package understanding

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// feast: a night that has a name, or a few. New Year's is that of 31 December, Christmas that of the 24th; Carnival is its
// long weekend.
func (r *reader) feast(i int) (period, int, bool) {
	k := i
	for r.at(k).is(theRole) || r.says(k, "las") || r.says(k, "la") {
		k++
	}
	switch t := r.at(k); t.text {
	case "navidad", "navidades", "nochebuena", "natal", "christmas", "xmas", "navida", "nabidad", "nvidad":
		end := k + 1
		if r.says(end, "eve") || r.says(end, "day") {
			end++
		}
		return r.eve(time.December, 24, end)
	case "ano", "new":
		if r.says(k+1, "nuevo") || r.says(k+1, "novo") {
			return r.eve(time.December, 31, k+2)
		}
		if r.says(k+1, "year") || r.says(k+1, "years") {
			end := k + 2
			if r.says(end, "eve") || r.says(end, "day") {
				end++
			}
			return r.eve(time.December, 31, end)
		}
	case "fin", "fim":
		if r.at(k+1).is(ofRole) && r.says(k+2, "ano") {
			return r.eve(time.December, 31, k+3)
		}
	case "reveillon", "revellion", "nye":
		return r.eve(time.December, 31, k+1)
	case "san", "dia", "valentine", "valentines":
		if end, ok := r.lovers(k); ok {
			return r.eve(time.February, 14, end)
		}
		switch {
		case r.says(k, "dia", "del", "padre"):
			return r.thirdSunday(time.June, k+3)
		case r.says(k, "dia", "de", "la", "madre"):
			return r.thirdSunday(time.October, k+4)
		}
	case "reyes":
		return r.eve(time.January, 5, k+1)
	case "carnaval", "carnavales", "carnival":
		return r.carnival(k + 1)
	}
	return period{}, 0, false
}

// eve is the next night of a day of the year.
func (r *reader) eve(month time.Month, day, end int) (period, int, bool) {
	y, _, _ := r.Today.YMD()
	from := civil.New(y, month, day)
	if from.Before(r.Today) {
		from = civil.New(y+1, month, day)
	}
	return period{from: from, to: from.AddDays(1)}, end, true
}

// thirdSunday is the weekend of the next third Sunday of a month, on which Argentina keeps the days of fathers and of mothers.
func (r *reader) thirdSunday(month time.Month, end int) (period, int, bool) {
	y, _, _ := r.Today.YMD()
	third := func(year int) civil.Date {
		last := civil.New(year, month, 21)
		return last.AddDays(-int(last.Weekday()))
	}
	sunday := third(y)
	if !sunday.After(r.Today) {
		sunday = third(y + 1)
	}
	return r.running(sunday.AddDays(-2), sunday), end, true
}

// lovers: "san valentín", "el día de los enamorados", "valentine's day": the night of 14 February.
func (r *reader) lovers(i int) (end int, ok bool) {
	switch {
	case r.says(i, "san") && (r.says(i+1, "valentin") || r.says(i+1, "valentine")):
		return i + 2, true
	case r.says(i, "dia", "de", "los", "enamorados"), r.says(i, "dia", "de", "san", "valentin"):
		return i + 4, true
	case r.says(i+1, "day") && r.at(i).text != "dia" && r.at(i).text != "san":
		return i + 2, true
	case r.says(i, "valentines"):
		return i + 1, true
	default:
		return 0, false
	}
}

// carnival is from the Friday evening before its Saturday to its Tuesday, 47 days before Easter.
func (r *reader) carnival(end int) (period, int, bool) {
	y, _, _ := r.Today.YMD()
	tuesday := Easter(y).AddDays(-47)
	if !tuesday.After(r.Today) {
		tuesday = Easter(y + 1).AddDays(-47)
	}
	return r.running(tuesday.AddDays(-4), tuesday), end, true
}

// easter returns the next Holy Thursday to Easter Sunday that can still be stayed at.
func (r *reader) easter() (thursday, sunday civil.Date) {
	y, _, _ := r.Today.YMD()
	sunday = Easter(y)
	if !sunday.After(r.Today) {
		sunday = Easter(y + 1)
	}
	return sunday.AddDays(-3), sunday
}

// holyWeek: "semana santa", "ss", "pascuas", "easter".
func (r *reader) holyWeek(i int) (period, int, bool) {
	k := i
	for r.at(k).is(theRole|thisRole|nextRole) || r.says(k, "la") || r.says(k, "las") {
		k++
	}
	switch t := r.at(k); {
	case t.is(weekRole) && (r.at(k+1).text == "santa" || r.at(k+1).text == "snta" || r.at(k+1).text == "santas"), r.says(k, "holy", "week"):
		k += 2
	case t.text == "ss", t.text == "pascua", t.text == "pascuas", t.text == "pascoa", t.text == "easter", t.text == "semanasanta":
		k++
		if r.at(k).is(weekRole) || r.at(k).is(weekendRole) {
			k++
		}
	default:
		return period{}, 0, false
	}
	from, to := r.easter()
	if year, end := r.yearAt(k); year != 0 {
		to = Easter(year)
		from, k = to.AddDays(-3), end
		if to.Before(r.Today) {
			return period{past: true}, k, true
		}
	}
	return r.running(from, to), k, true
}

// fortnight: "primera quincena de enero" is the 1st to the 15th, the second the 16th to the month's last day.
func (r *reader) fortnight(i int) (period, int, bool) {
	n, k := r.ordinal(i)
	if n > 0 && n <= 2 && r.at(i-1).text == "la" && r.at(k).is(ofRole) && r.monthAt(k) != 0 {
		k-- // "la segunda de enero"
	} else if n == 0 || !r.at(k).is(fortnightRole) && !r.says(k, "half") && !r.says(k, "mitad") && !r.says(k, "metade") {
		if r.at(i).is(fortnightRole) {
			if month := r.monthAt(i + 1); month != 0 {
				return period{vague: true}, i + 3, true
			}
			return period{vague: true}, i + 1, true
		}
		return period{}, 0, false
	}
	month := r.monthAt(k + 1)
	if month == 0 || n > 2 {
		return period{vague: true}, k + 1, true
	}
	end := k + 2
	if r.at(k + 1).is(ofRole) {
		end++
	}
	year, end := r.yearAt(end)
	first := r.monthOf(month, year)
	y, m, _ := first.YMD()
	if n == 1 {
		return r.unlessPast(first, civil.New(y, m, 15)), end, true
	}
	return r.unlessPast(civil.New(y, m, 16), civil.New(y, m+1, 0)), end, true
}

// ordinal: "primera", "1ra", "2da", "1°", "última".
func (r *reader) ordinal(i int) (n, end int) {
	t := r.at(i)
	switch {
	case t.word != nil && t.word.ordinal != 0:
		return int(t.word.ordinal), i + 1
	case t.kind == aNumber && t.number <= 5 && r.ordinalEnding(i+1):
		return t.number, i + 2
	case t.kind == aNumber && t.number <= 5 && t.use == unread && (r.at(i+1).is(fortnightRole) || r.at(i+1).is(weekRole) && r.monthAt(i+2) != 0):
		return t.number, i + 1
	default:
		return 0, i
	}
}

// week: "la semana del 10 de enero" is seven nights from the 10th; "la primera semana de enero" those from the 1st, the second
// from the 8th, the last the month's last seven. "La semana que viene" has no dates: it is asked when in it.
func (r *reader) week(i int) (period, int, bool) {
	n, k := r.ordinal(i)
	if n != 0 && r.at(k).is(weekRole) && r.monthAt(k+1) != 0 {
		first := r.nextMonth(r.monthAt(k + 1))
		y, m, _ := first.YMD()
		from := first.AddDays(7 * (n - 1))
		if n < 0 {
			from = civil.New(y, m+1, 1).AddDays(-7)
		}
		return r.unlessPast(from, from.AddDays(7)), k + 3, true
	}
	k = i
	if r.says(k, "la") || r.says(k, "na") || r.says(k, "the") || r.at(k).is(thisRole|nextRole) && r.at(k+1).is(weekRole) {
		k++
	}
	if (k > i || r.says(k-1, "la")) && r.at(k).is(otherRole|nextRole) && r.at(k+1).is(weekRole) {
		k++
	}
	if !r.is(k, weekRole) {
		return period{}, 0, false
	}
	if end, ok := r.coming(k + 1); ok || r.at(k-1).is(thisRole|nextRole|otherRole) && k > i {
		return period{vague: true}, max(end, k+1), true
	}
	if r.at(k+1).is(goneRole) && r.at(k+1).text != "last" {
		return period{vague: true}, k + 2, true
	}
	if !r.at(k+1).is(ofRole|theRole) || r.at(i-1).number > 0 {
		return period{}, 0, false
	}
	d, end, ok := r.day(k+2, true)
	if !ok || d.noon {
		return period{}, 0, false
	}
	from, ask := r.resolve(d, r.Today)
	if ask != "" {
		return period{}, 0, false
	}
	return period{from: from, to: from.AddDays(7)}, end, true
}

// wholeMonth: "todo enero", "todo el mes de julio", "enero completo", from its 1st to the next one's.
func (r *reader) wholeMonth(i int) (period, int, bool) {
	k, all := i, r.is(i, allRole)
	if all {
		k++
	}
	for r.at(k).is(theRole) || r.at(k).is(monthRole) || k > i && r.at(k).is(ofRole) {
		k++
	}
	month := r.monthAt(k)
	if month == 0 || r.at(k).is(ofRole) || r.at(k-1).kind == aNumber {
		return period{}, 0, false
	}
	year, end := r.yearAt(k + 1)
	if !all && r.at(end).is(allRole) && !r.at(end).is(theRole) {
		all, end = true, end+1
	}
	if !all || r.at(k+1).kind == aNumber && end == k+1 {
		return period{}, 0, false
	}
	first := r.monthOf(month, year)
	y, m, _ := first.YMD()
	return r.unlessPast(first, civil.New(y, m+1, 1)), end, true
}

// partOfMonth: "mediados de enero", "a fin de mes", "principios de febrero" are no dates.
func (r *reader) partOfMonth(i int) (period, int, bool) {
	if r.says(i, "vacaciones") && r.at(i+1).is(ofRole) && (r.says(i+2, "invierno") || r.says(i+2, "verano") || r.says(i+2, "julio")) {
		return period{vague: true}, i + 3, true
	}
	if !r.is(i, approxRole|endRole) || !r.at(i+1).is(ofRole) {
		return period{}, 0, false
	}
	k := i + 2
	if r.at(k).is(theRole) {
		k++
	}
	if r.at(k).is(monthRole) || r.monthAt(k) != 0 {
		return period{vague: true}, k + 1, true
	}
	return period{}, 0, false
}

// nextMonth returns the 1st of the month of that name that is not over.
func (r *reader) nextMonth(month int) civil.Date { return r.monthOf(month, 0) }

func (r *reader) monthOf(month, year int) civil.Date {
	if year != 0 {
		return civil.New(year, time.Month(month), 1)
	}
	y, m, _ := r.Today.YMD()
	if month < int(m) {
		y++
	}
	return civil.New(y, time.Month(month), 1)
}

// unlessPast is a stretch of a month, and next year's where it has begun: like any date without a year, it is the next such.
func (r *reader) unlessPast(from, to civil.Date) period {
	if !from.Before(r.Today) {
		return period{from: from, to: to}
	}
	y, m, d := from.YMD()
	toYear, toMonth, toDay := to.YMD()
	next := civil.New(y+1, m, d)
	if to.AddDays(1).Sub(civil.New(toYear, toMonth+1, 1)) == 0 {
		return period{from: next, to: civil.New(toYear+1, toMonth+1, 0)} // to a month's last day, whatever that is
	}
	return period{from: next, to: civil.New(toYear+1, toMonth, toDay)}
}
