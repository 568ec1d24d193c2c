package understanding

import (
	"time"

	"github.com/eevans-d/sist-cabanas/shared/civil"
)

// farthest is the longest stay that is believed of dates without a year: "del 10/2 al 5/1" is a slip.
const farthest = 200

// resolve turns what was said of a day into a date: the next such from since on, today included. What cannot be one, or is two,
// is asked instead.
func (r *reader) resolve(d day, since civil.Date) (civil.Date, Ask) {
	switch {
	case d.past:
		return civil.Date{}, PastDate
	case d.bad:
		return civil.Date{}, InvalidDate
	case !d.fixed.IsZero():
		return d.fixed, ""
	case d.day == 0:
		return r.nextWeekday(d, since), ""
	}
	if d.month == 0 && r.month != 0 {
		d.month, d.year = r.month, max(d.year, r.year)
		if d.day > longestMonth(d.year, d.month) {
			return civil.Date{}, InvalidDate
		}
	}
	if d.year != 0 {
		on := civil.New(d.year, time.Month(d.month), d.day)
		if on.Before(r.Today) {
			return civil.Date{}, PastDate
		}
		return r.checked(on, d)
	}
	if d.month == 0 && d.weekday != 0 {
		// "Sábado 12": the 12th that is a Saturday is rather meant than the next 12th, if it is near.
		for on := since; on.Sub(since) < 92; on = on.AddDays(1) {
			if _, _, n := on.YMD(); n == d.day && int(on.Weekday())+1 == d.weekday {
				return on, ""
			}
		}
	}
	return r.checked(next(d, since), d)
}

// next returns the next date of a day, or of a day of a month; the zero Date where there is none.
func next(d day, since civil.Date) civil.Date {
	y, m, _ := since.YMD()
	for n := range 12 * 9 {
		month := m + time.Month(n)
		if d.month != 0 && int((month-1)%12)+1 != d.month {
			continue
		}
		on := civil.New(y, month, d.day)
		if _, _, day := on.YMD(); day == d.day && !on.Before(since) {
			return on
		}
	}
	return civil.Date{}
}

// checked asks which was meant where the date is another weekday than was said: the date, or the nearest such weekday.
func (r *reader) checked(on civil.Date, d day) (civil.Date, Ask) {
	if d.weekday == 0 || int(on.Weekday())+1 == d.weekday || on.IsZero() {
		return on, ""
	}
	off := (d.weekday - 1 - int(on.Weekday()) + 7) % 7
	if off > 3 {
		off -= 7
	}
	near := on.AddDays(off)
	if near.Before(r.Today) {
		near = near.AddDays(7)
	}
	r.meaning.Readings = []Dates{{CheckIn: on}, {CheckIn: near}}
	return on, AmbiguousDate
}

// nextWeekday: today counts, but not for "el viernes que viene". Weeks begin on Monday.
func (r *reader) nextWeekday(d day, since civil.Date) civil.Date {
	weekday := time.Weekday(d.weekday - 1)
	if d.weeks > 0 {
		monday := r.Today.AddDays(7 - (int(r.Today.Weekday())+6)%7)
		return monday.AddDays((int(weekday) + 6) % 7)
	}
	on := since.AddDays((int(weekday-since.Weekday()) + 7) % 7)
	if d.coming && on == r.Today {
		on = on.AddDays(7)
	}
	return on
}

// mostOver is the longest stay over a month's end that is believed where one month was named, or none: "del 28 al 3" is one,
// "del 10 al 5 de mayo" is a slip.
const mostOver = 14

// span resolves a stretch, and asks where it seems to be written backwards.
func (r *reader) span(from, to day) (Dates, Ask) {
	d, ask := r.fromTo(from, to)
	if from.day >= to.day && to.day > 0 && (from.month == 0 || to.month == 0) && d.Nights > mostOver {
		return Dates{}, InvalidDate
	}
	return d, ask
}

// fromTo resolves a stretch. What one of its days lacks, the other may say: "del 15 al 20 de diciembre", "del 28 de diciembre al 2".
func (r *reader) fromTo(from, to day) (Dates, Ask) {
	if from.bad || to.bad {
		return Dates{}, InvalidDate
	}
	if from.bare() && from.day == to.day && to.weekday == 0 {
		return Dates{}, InvalidDate
	}
	if from.day > 0 && to.day > 0 {
		if from.month == 0 && to.month != 0 {
			from = earlier(from, to)
			if from.bad {
				return Dates{}, InvalidDate
			}
		}
		if from.year == 0 && to.year != 0 && from.month != 0 {
			from.year = to.year
			if from.month > to.month || from.month == to.month && from.day > to.day {
				from.year--
			}
			from.bad = from.day > longestMonth(from.year, from.month)
		}
	}
	in, ask := r.resolve(from, r.since(from))
	if ask != "" {
		return Dates{}, ask
	}
	if to.year != 0 && from.year != 0 {
		out, ask := r.resolve(to, r.Today)
		return stay(in, out, ask)
	}
	if to.month == 0 && to.day > 0 && to.weekday == 0 && from.month+r.month != 0 {
		out := next(to, in)
		return stay(in, out, "")
	}
	month, year := r.month, r.year
	if to.month == 0 {
		r.month, r.year = 0, 0
	}
	out, ask := r.resolve(to, in.AddDays(1))
	r.month, r.year = month, year
	if out.Sub(in) > farthest || to.month != 0 && to.month == from.month && out.Sub(in) > 31 {
		return Dates{}, InvalidDate
	}
	return stay(in, out, ask)
}

// since is where to look for a day from: in a week that was named, the days are those of that week.
func (r *reader) since(d day) civil.Date {
	if d.day == 0 && d.weekday != 0 && d.fixed.IsZero() {
		for _, it := range r.items {
			if it.sort == aPeriod && it.period.from.After(r.Today) && !it.refused {
				return it.period.from.AddDays(-1)
			}
		}
	}
	return r.Today
}

// earlier gives a day without a month that of the day on which the stay ends, or the month before: "del 28 al 2 de enero".
func earlier(from, to day) day {
	from.month, from.year = to.month, to.year
	if from.day >= to.day {
		from.month--
		if from.month == 0 {
			from.month = 12
			from.year = max(from.year-1, 0)
		}
	}
	from.bad = from.day > longestMonth(from.year, from.month)
	return from
}

// stay is from a day to another, if it has a night.
func stay(in, out civil.Date, ask Ask) (Dates, Ask) {
	if ask != "" {
		return Dates{}, ask
	}
	if !in.Before(out) {
		return Dates{}, InvalidDate
	}
	return Dates{CheckIn: in, CheckOut: out, Nights: out.Sub(in)}, ""
}
